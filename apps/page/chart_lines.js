'use strict';
// Lines over a number or a time, with bands, marks (events at a point, or ticks at the bottom) and limits; and bars over names.
(() => {
  const symbols = {spike: 'triangle', best: 'diamond', clip: 'rect'};

  function line_style(series) {
    const faint = series.role === 'raw';
    return {color: theme.series(series.colour ?? 0), type: common.dash(series.dash), width: faint ? 1 : 1.8, opacity: faint ? 0.32 : 1};
  }

  function line(series) {
    const scarce = series.role === 'points' || series.points.length < 2;
    return {
      type: 'line', name: series.name, data: series.points, connectNulls: false, silent: true,
      showSymbol: scarce, symbol: 'circle', symbolSize: 6, z: series.role === 'raw' ? 2 : 3,
      lineStyle: line_style(series), itemStyle: {color: theme.series(series.colour ?? 0)}, emphasis: {disabled: true},
    };
  }

  /** The ground between two lines: pieces between its gaps, all drawn by the first item. */
  function band(group) {
    const pieces = [];
    let piece = [];
    for (const point of [...group.points, [null, null, null]]) {
      if (point[1] !== null && point[2] !== null) piece.push(point);
      else if (piece.length > 0) { pieces.push(piece); piece = []; }
    }
    const shape = (api, points) => [...points.map(([x, low]) => api.coord([x, low])), ...points.toReversed().map(([x, , high]) => api.coord([x, high]))];
    return {
      type: 'custom', name: group.name, data: pieces.flat(), encode: {x: 0, y: [1, 2]}, silent: true, clip: true, z: 1, animation: false, progressive: 0,
      renderItem: ({dataIndex}, api) => dataIndex > 0 ? null : {
        type: 'group', children: pieces.map((points) => ({type: 'polygon', shape: {points: shape(api, points)}, style: {fill: theme.series(group.colour ?? 0), opacity: 0.2}})),
      },
    };
  }

  /** Drag in the plot to go along, drag an end of the bar below to look closer; with the shift key the wheel does. */
  const zoom = (startValue) => [
    {type: 'inside', filterMode: 'none', startValue, zoomOnMouseWheel: 'shift', moveOnMouseWheel: false},
    {type: 'slider', filterMode: 'none', startValue, height: 14, bottom: 4, showDetail: false, showDataShadow: false, brushSelect: false, borderColor: theme.colour('line'), fillerColor: theme.colour('grid'), backgroundColor: 'transparent', handleStyle: {color: theme.colour('card'), borderColor: theme.colour('quiet')}, moveHandleStyle: {opacity: 0}},
  ];

  function mark(group) {
    const at_bottom = group.points.every((point) => point[1] === null);
    return {
      type: 'scatter', name: group.name, silent: true, z: 5, yAxisIndex: at_bottom ? 1 : 0,
      data: at_bottom ? group.points.map(([x]) => [x, 0.025]) : group.points,
      symbol: symbols[group.kind] ?? 'circle', symbolSize: at_bottom ? [1.2, 8] : 10,
      itemStyle: {color: theme.colour(group.tone ?? 'bad'), opacity: at_bottom ? 0.6 : 1},
    };
  }

  /** A line across at a limit, with its name; it is a series of its own so that the axis reaches it. */
  function limit(at, span) {
    return {
      type: 'line', data: span.map((x) => [x, at.y]), silent: true, showSymbol: false, z: 1,
      lineStyle: {color: theme.colour('quiet'), type: [3, 3], width: 1},
      endLabel: {show: true, formatter: at.name, color: theme.colour('quiet'), fontSize: 11, align: 'right', verticalAlign: 'bottom', offset: [-6, -3], backgroundColor: theme.colour('card'), padding: [0, 3]},
    };
  }

  /** Numbers within one or two powers of ten are easier to read on a linear axis; whole powers on whole ticks. */
  function fitted(axis, series) {
    let low = Infinity, high = -Infinity;
    for (const {points} of series) {
      for (const [, y] of points) {
        if (y === null) continue;
        low = Math.min(low, y);
        high = Math.max(high, y);
      }
    }
    return {...axis, log: Boolean(axis.log) && high > 30 * low, whole: Boolean(axis.power) && high - low > 2};
  }

  /** The first and last x: as limits are drawn over it, it may hold nothing but drawn points. */
  function span_of(chart) {
    let low = Infinity, high = -Infinity;
    for (const {points} of [...chart.series, ...(chart.marks ?? [])]) {
      if (points.length === 0) continue;
      low = Math.min(low, points[0][0]);
      high = Math.max(high, points.at(-1)[0]);
    }
    return [low, high];
  }

  function tip(chart, x, hidden = new Set()) {
    const [low, high] = span_of(chart), rows = [];
    let heading = x;
    const strong = chart.series.filter((s) => !hidden.has(s.name));
    for (const series of strong) {
      const point = common.nearest(series.points, x);
      if (!point || Math.abs(point[0] - x) > 0.03 * (high - low)) continue;
      const name = series.role === 'raw' ? `${series.name}, each` : series.name;
      rows.push([theme.series(series.colour ?? 0), name, format.value(point[1], {missing: chart.missing, ...chart.y})]);
      if (rows.length === 1) heading = point[0];
    }
    for (const group of chart.bands ?? []) {
      const point = common.nearest(group.points, x);
      if (!point || point[1] === null || point[0] !== heading || hidden.has(group.name)) continue;
      rows.push([theme.series(group.colour ?? 0), group.name, `${format.value(point[1], chart.y)} \u2013 ${format.value(point[2], chart.y)}`]);
    }
    for (const group of chart.marks ?? []) {
      const point = common.nearest(group.points, x);
      if (!point || Math.abs(point[0] - x) > 0.006 * (high - low) || hidden.has(group.name)) continue;
      rows.push([theme.colour(group.tone ?? 'bad'), group.name, point[1] === null ? format.number(point[0]) : format.value(point[1], chart.y)]);
    }
    return format.tooltip(`${format.html(chart.x.name)} ${format.value(heading, chart.x)}`, rows);
  }

  const swatch = (series) => {
    const style = line_style(series), dash = style.type === 'solid' ? '' : style.type.join(' ');
    return `<svg width="22" height="8"><line x1="0" y1="4" x2="22" y2="4" stroke="${style.color}" stroke-width="2.4" stroke-dasharray="${dash}"/></svg>`;
  };
  const patch = (group) => `<svg width="22" height="10"><rect width="22" height="10" fill="${theme.series(group.colour ?? 0)}" opacity="0.25"/></svg>`;
  const dot = (group) => `<svg width="10" height="10"><circle cx="5" cy="5" r="4" fill="${theme.colour(group.tone ?? 'bad')}"/></svg>`;

  kinds.lines = {
    renderer: 'svg',
    option(chart, box) {
      const span = span_of(chart), y = common.axis(fitted(chart.y, chart.series), 'y');
      if (chart.y.share) Object.assign(y, {scale: false, min: 0});
      const [first, last] = span, near_zero = !chart.x.time && first > 0 && (first < 0.15 * last || first === last);
      if (near_zero) span[0] = 0;
      const x = {...common.axis(chart.x, 'x'), min: span[0], max: last, splitLine: {show: false}};
      if (box.width < 420) x.splitNumber = 4;
      return {
        ...common.base(),
        useUTC: true,
        grid: {...common.grid(), ...('zoom' in chart ? {bottom: 66} : {})},
        legend: {show: false},
        dataZoom: 'zoom' in chart ? zoom(chart.zoom) : [],
        xAxis: x,
        yAxis: [y, {type: 'value', min: 0, max: 1, show: false}],
        series: [...chart.series.map(line), ...(chart.bands ?? []).map(band), ...(chart.marks ?? []).map(mark), ...(chart.limits ?? []).map((at) => limit(at, span))],
        tooltip: {
          ...common.base().tooltip, trigger: 'axis', axisPointer: {type: 'line', snap: false, lineStyle: {color: theme.colour('quiet'), width: 1}},
          formatter: (found) => tip(chart, found[0].axisValue, box.hidden),
        },
      };
    },
    legend(chart) {
      const seen = new Map();
      for (const series of chart.series) if (!seen.has(series.name) || series.role !== 'raw') seen.set(series.name, swatch({...series, role: ''}));
      for (const group of chart.bands ?? []) seen.set(group.name, patch(group));
      for (const group of chart.marks ?? []) seen.set(group.name, dot(group));
      return [...seen];
    },
    steps: (chart) => chart.series[0].points.length,
    point: (chart, step) => chart.series[0].points[step],
  };

  kinds.bars = {
    renderer: 'svg',
    option(chart, box) {
      const x = {...common.axis(chart.x, 'x'), type: 'category', data: chart.categories, splitLine: {show: false}};
      x.axisLabel = {color: theme.colour('quiet'), fontSize: 11, hideOverlap: true};
      return {
        ...common.base(),
        grid: common.grid(),
        legend: {show: false},
        xAxis: x,
        yAxis: {...common.axis(chart.y, 'y'), scale: false},
        series: chart.series.map((series) => ({
          type: 'bar', name: series.name, data: series.values, barMaxWidth: 28, silent: true,
          itemStyle: {color: theme.series(series.colour ?? 0), borderRadius: [2, 2, 0, 0]},
        })),
        tooltip: {
          ...common.base().tooltip, trigger: 'axis', axisPointer: {type: 'shadow', shadowStyle: {color: theme.colour('line'), opacity: 0.4}},
          formatter: (found) => {
            const i = found[0].dataIndex, shown = chart.series.filter((s) => !box.hidden.has(s.name));
            return format.tooltip(`${format.html(chart.x.name)} ${format.html(chart.categories[i])}`,
                                  shown.map((s) => [theme.series(s.colour ?? 0), s.name, format.value(s.values[i], chart.y)]));
          },
        },
      };
    },
    legend: (chart) => chart.series.map((series) => [series.name, swatch(series)]),
    steps: (chart) => chart.categories.length,
    point: null,
  };
})();
