'use strict';
// Builds the page from the JSON in it. All texts of the content are set as text, never as HTML.
function element(name, style, parent, text) {
  const made = document.createElement(name);
  if (style) made.className = style;
  if (text !== undefined && text !== null) made.textContent = text;
  parent?.append(made);
  return made;
}

(() => {
  const content = JSON.parse(document.getElementById('content').textContent);
  const boxes = [];

  function head() {
    const place = document.getElementById('head');
    element('h1', '', place, content.title);
    const button = element('button', '', place);
    button.id = 'theme';
    button.type = 'button';
    const name = () => { button.textContent = theme.current() === 'dark' ? 'Light' : 'Dark'; };
    button.setAttribute('aria-label', 'Change between light and dark');
    button.addEventListener('click', theme.toggle);
    theme.on_change(name);
    name();
    if (content.subtitle) element('p', 'subtitle', place, content.subtitle);
    if ((content.runs ?? []).length < 2) return;
    const runs = element('div', 'runs', place);
    content.runs.forEach((run, i) => element('span', '', runs, run).style.setProperty('--mark', `var(--series-${i % 8})`));
  }

  function navigation() {
    const bar = element('nav', '');
    bar.setAttribute('aria-label', 'Sections');
    content.sections.forEach((section, i) => { element('a', '', bar, section.title).href = `#s${i}`; });
    document.getElementById('sections').before(bar);
  }

  const tones = {good: 'good', warning: 'warning', bad: 'bad'};

  /** A text in which 10^-9.2 is set as a power. */
  function powers(parent, text) {
    for (const [i, part] of String(text).split(/10\^(-?\d+(?:\.\d+)?)/).entries()) {
      if (i % 2 === 0) parent.append(part);
      else {
        parent.append('10');
        element('sup', '', parent, part.replace('-', '\u2212'));
      }
    }
  }

  function verdict(entry, parent) {
    const card = element('div', 'card verdict', parent);
    card.style.setProperty('--tone', `var(--${tones[entry.level] ?? 'quiet'})`);
    const top = element('div', 'top', card);
    element('span', 'badge', top, entry.verdict);
    if (entry.run) element('span', '', top, entry.run);
    powers(element('p', 'sentence', card), entry.sentence);
    const evidence = entry.evidence ?? [];
    if (evidence.length > 0) {
      const list = element('ul', '', card);
      for (const text of evidence) powers(element('li', '', list), text);
    }
    if (entry.option) {
      const line = element('p', 'try', card, 'Try ');
      element('code', '', line, entry.option);
    }
    if (entry.since) element('p', 'since', card, entry.since);
  }

  /** A cell is a text, a number or {code: text}. */
  function cell(name, value, row) {
    const made = element(name, '', row);
    if (value !== null && typeof value === 'object') element('code', '', made, value.code);
    else made.textContent = typeof value === 'number' ? format.number(value) : value ?? '';
    return made;
  }

  /** Two columns without headings are a list of facts, side by side where there is room. */
  function fact_list(facts, parent) {
    const list = element('dl', 'card facts', parent);
    for (const [name, value] of facts.rows) {
      const row = element('div', String(value?.code ?? value).length > 60 ? 'long' : '', list);
      element('dt', '', row, name);
      cell('dd', value, row);
    }
  }

  function table(facts, parent) {
    if (facts.columns.length === 2 && facts.columns.every((column) => column === '')) {
      fact_list(facts, parent);
      return;
    }
    const made = element('table', facts.columns.length > 3 ? 'wide' : '', element('div', 'card table', parent));
    if (facts.columns.some((column) => column !== '')) {
      const row = element('tr', '', element('thead', '', made));
      for (const column of facts.columns) cell('th', column, row).scope = 'col';
    }
    const body = element('tbody', '', made);
    for (const values of facts.rows) {
      const row = element('tr', '', body);
      values.forEach((value, i) => { cell(i === 0 ? 'th' : 'td', value, row); });
    }
  }

  function charts(section, parent) {
    const wide = section.charts.filter((chart) => chart.kind !== 'plane'), planes = section.charts.filter((chart) => chart.kind === 'plane');
    for (const [list, style] of [[planes, 'grid small'], [wide, 'grid']]) {
      if (list.length === 0) continue;
      const grid = element('div', style, parent);
      for (const chart of list) boxes.push(new ChartBox(chart, grid));
    }
  }

  function show(section, index) {
    const place = element('section', '', document.getElementById('sections'));
    place.id = `s${index}`;
    element('h2', '', place, section.title);
    if (section.text) element('p', 'text', place, section.text);
    if ((section.verdicts ?? []).length > 0) {
      const list = element('div', 'verdicts', place);
      for (const entry of section.verdicts) verdict(entry, list);
    }
    for (const note of section.notes ?? []) element('p', 'note', place, note);
    if (section.facts) table(section.facts, place);
    if ((section.charts ?? []).length > 0) charts(section, place);
  }

  function foot() {
    const place = document.getElementById('foot');
    const made = content.made_by ? `Made by ${content.made_by}. ` : '';
    element('p', '', place, `${made}Charts: Apache ECharts ${echarts.version}, Apache License 2.0, \u00a9 The Apache Software Foundation. ` +
            'In a chart, hover or use the arrow keys for values; names in a legend show and hide their lines. This file asks the network for nothing.');
  }

  /** One chart at a time, so that the page answers while they are drawn. */
  function draw_all(index = 0) {
    if (index === boxes.length) {
      document.documentElement.dataset.ready = 'true';
      return;
    }
    boxes[index].draw();
    setTimeout(() => draw_all(index + 1));
  }

  function follow_width() {
    let width = innerWidth, timer;
    addEventListener('resize', () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (innerWidth === width) return;
        width = innerWidth;
        for (const box of boxes) box.resize();
      }, 120);
    });
  }

  /** Paper is light and narrower than a screen. */
  function follow_printing() {
    const change = (printing) => {
      document.body.classList.toggle('printing', printing);
      theme.apply(printing ? 'light' : theme.current());
      for (const box of boxes) box.resize();
    };
    addEventListener('beforeprint', () => change(true));
    addEventListener('afterprint', () => change(false));
  }

  head();
  navigation();
  content.sections.forEach(show);
  foot();
  theme.on_change(() => { for (const box of boxes) box.draw(); });
  follow_width();
  follow_printing();
  draw_all();
})();
