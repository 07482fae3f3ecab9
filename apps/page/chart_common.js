'use strict';
// What every kind of chart shares. A kind is {renderer, option(chart, box), legend(chart)?, scale(chart)?,
// steps(chart), tip(chart, step)}: an ECharts option, what stands above the plot, and what the arrow keys walk over.
const kinds = {};

const common = {
  base() {
    return {
      animation: false,
      backgroundColor: 'transparent',
      textStyle: {fontFamily: getComputedStyle(document.body).fontFamily, color: theme.colour('text')},
      tooltip: {
        confine: true,
        transitionDuration: 0,
        backgroundColor: theme.colour('card'),
        borderColor: theme.colour('line'),
        textStyle: {color: theme.colour('text')},
        extraCssText: 'max-width:20rem;white-space:normal;z-index:4',
      },
    };
  },

  grid: () => ({left: 54, right: 22, top: 30, bottom: 44, outerBoundsMode: 'none'}),

  /** An axis with its name and unit: that of y stands above the plot, where it takes no width. */
  axis(axis, dimension) {
    const quiet = theme.colour('quiet');
    const name = dimension === 'x' ? {nameLocation: 'middle', nameGap: 27}
                                   : {nameLocation: 'end', nameGap: 12, nameTextStyle: {align: 'left', padding: [0, 0, 0, -48], color: quiet, fontSize: 12}};
    return {
      type: axis.time ? 'time' : axis.log ? 'log' : 'value',
      name: format.axis_title(axis) + (axis.log ? ', logarithmic' : ''),
      nameTextStyle: {color: quiet, fontSize: 12},
      nameTruncate: {maxWidth: 480},
      scale: true,
      min: axis.min ?? null,
      max: axis.max ?? null,
      axisLine: {show: true, onZero: false, lineStyle: {color: theme.colour('line')}},
      axisTick: {show: dimension === 'x', lineStyle: {color: theme.colour('line')}},
      axisLabel: {color: quiet, fontSize: 11, hideOverlap: true, ...(axis.time ? {} : {formatter: (v) => format.tick(v, axis)})},
      splitLine: {show: true, lineStyle: {color: theme.colour('grid')}},
      minInterval: axis.whole ? 1 : 0,
      splitNumber: dimension === 'x' ? 6 : 5,
      ...name,
    };
  },

  dash: (index) => ['solid', [6, 4], [2, 3], [9, 3, 2, 3]][(index ?? 0) % 4],

  /** The point of a line that is nearest to x; points are sorted by x. */
  nearest(points, x) {
    let low = 0, high = points.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (points[middle][0] < x) low = middle; else high = middle;
    }
    if (high < 0) return null;
    return Math.abs(points[low][0] - x) <= Math.abs(points[high][0] - x) ? points[low] : points[high];
  },
};
