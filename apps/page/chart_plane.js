'use strict';
// Numbers of the complex plane beside the unit circle, one unit of length the same on both axes.
(() => {
  const circle = Array.from({length: 181}, (_, i) => [Math.cos(i * Math.PI / 90), Math.sin(i * Math.PI / 90)]);

  function reach(chart) {
    let most = 1;
    for (const {points} of chart.series) for (const [re, im] of points) most = Math.max(most, Math.abs(re), Math.abs(im));
    return Math.ceil(10 * (most + 0.08)) / 10;
  }

  function style(series) {
    const colour = theme.series(series.colour ?? 0);
    return series.role === 'before' ? {color: 'transparent', borderColor: colour, borderWidth: 1.1, opacity: 0.75} : {color: colour, opacity: 0.85};
  }

  function tip(series, [re, im]) {
    const complex = `${format.number(re)} ${im < 0 ? '\u2212' : '+'} ${format.number(Math.abs(im))}\u202fi`;
    return format.tooltip(format.html(series.name), [
      [theme.series(series.colour ?? 0), 'eigenvalue', complex], [theme.colour('quiet'), 'modulus', format.number(Math.hypot(re, im))]]);
  }

  kinds.plane = {
    renderer: 'svg',
    option(chart) {
      const most = reach(chart), axis = (a, d) => ({...common.axis(a, d), min: -most, max: most, scale: false, splitNumber: 4,
                                                    axisLabel: {...common.axis(a, d).axisLabel, showMinLabel: false, showMaxLabel: false}});
      return {
        ...common.base(),
        grid: {left: 52, right: 18, top: 28, bottom: 42, outerBoundsMode: 'none'},   // as wide as high: the box is a square
        legend: {show: false},
        xAxis: axis({name: 'real part'}, 'x'),
        yAxis: axis({name: 'imaginary part'}, 'y'),
        series: [
          ...chart.series.map((series) => ({type: 'scatter', name: series.name, data: series.points, symbolSize: 5.5, itemStyle: style(series), z: series.role === 'before' ? 3 : 4})),
          {type: 'line', data: circle, showSymbol: false, silent: true, z: 2, lineStyle: {color: theme.colour('quiet'), width: 1}},
        ],
        tooltip: {...common.base().tooltip, trigger: 'item', formatter: ({seriesIndex, value}) => tip(chart.series[seriesIndex], value)},
      };
    },
    legend(chart) {
      return chart.series.map((series) => {
        const {color, borderColor} = style(series);
        return [series.name, `<svg width="10" height="10"><circle cx="5" cy="5" r="3.6" fill="${borderColor ? 'none' : color}" stroke="${borderColor ?? color}" stroke-width="1.4"/></svg>`];
      });
    },
    steps: (chart) => chart.series.at(-1).points.length,
    point: null,
  };
})();
