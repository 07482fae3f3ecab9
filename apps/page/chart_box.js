'use strict';
// A chart in its card: title, legend, plot, how to read it; redrawn when the theme or the width changes.
class ChartBox {
  constructor(chart, parent) {
    this.chart = chart;
    this.kind = kinds[chart.kind];
    this.hidden = new Set((chart.series ?? []).filter((series) => series.off).map((series) => series.name));
    this.step = -1;
    this.card = element('figure', `card ${chart.wide ? 'wide ' : ''}${chart.kind}`, parent);
    this.card.style.margin = 0;
    element('h3', '', this.card, chart.title);
    this.above = element('div', this.kind.scale ? 'scale' : 'legend', this.card);
    this.plot = element('div', 'chart', this.card);
    this.plot.tabIndex = 0;
    this.plot.setAttribute('role', 'img');
    this.plot.setAttribute('aria-label', `${chart.title}. ${chart.how}`);
    element('figcaption', 'how', this.card, [chart.how, chart.thinned].filter(Boolean).join(' '));
    this.plot.addEventListener('keydown', (event) => this.walk(event));
    this.plot.addEventListener('blur', () => this.drawing?.dispatchAction({type: 'hideTip'}));
  }

  get width() { return this.plot.clientWidth; }

  draw() {
    this.drawing ??= echarts.init(this.plot, null, {renderer: this.kind.renderer});
    this.drawing.setOption(this.kind.option(this.chart, this), {notMerge: true});
    for (const name of this.hidden) this.drawing.dispatchAction({type: 'legendUnSelect', name});
    this.draw_above();
  }

  draw_above() {
    if (this.kind.scale) {
      this.above.innerHTML = this.kind.scale(this.chart);
      return;
    }
    this.above.replaceChildren();
    for (const [name, picture] of this.kind.legend(this.chart)) {
      const button = element('button', '', this.above);
      button.type = 'button';
      button.innerHTML = picture;
      element('span', '', button, name);
      button.setAttribute('aria-pressed', String(!this.hidden.has(name)));
      button.title = 'show or hide';
      button.addEventListener('click', () => this.toggle(name, button));
    }
  }

  toggle(name, button) {
    if (!this.hidden.delete(name)) this.hidden.add(name);
    button.setAttribute('aria-pressed', String(!this.hidden.has(name)));
    this.drawing.dispatchAction({type: 'legendToggleSelect', name});
  }

  resize() {
    if (!this.drawing || this.width === 0) return;
    this.drawing.resize({silent: true});
    this.drawing.setOption(this.kind.option(this.chart, this), {notMerge: true});
    for (const name of this.hidden) this.drawing.dispatchAction({type: 'legendUnSelect', name});
  }

  /** The arrow keys move the tooltip from point to point. */
  walk(event) {
    const count = this.kind.steps(this.chart), page = Math.max(1, Math.round(count / 20));
    const to = {ArrowRight: this.step + 1, ArrowLeft: this.step - 1, PageDown: this.step + page, PageUp: this.step - page, Home: 0, End: count - 1}[event.key];
    if (event.key === 'Escape') this.drawing.dispatchAction({type: 'hideTip'});
    if (to === undefined || count === 0) return;
    event.preventDefault();
    this.step = Math.max(0, Math.min(count - 1, to));
    const rows = this.chart.columns?.[this.step]?.length ?? 0;
    const seriesIndex = this.chart.kind === 'plane' ? this.chart.series.length - 1 : 0;
    if (this.kind.point) {
      const [x] = this.kind.point(this.chart, this.step), left = this.drawing.convertToPixel({xAxisIndex: 0}, x);
      this.drawing.dispatchAction({type: 'showTip', x: left, y: this.plot.clientHeight / 2});
    } else if (rows > 0) {
      const at = this.drawing.convertToPixel({xAxisIndex: 0, yAxisIndex: 0}, [this.step, rows >> 1]);
      this.drawing.dispatchAction({type: 'showTip', x: at[0], y: at[1]});
    } else {
      this.drawing.dispatchAction({type: 'showTip', seriesIndex, dataIndex: this.step});
    }
  }
}
