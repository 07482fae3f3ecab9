'use strict';
// A field of cells over two numbers or names. Cells without a value show the ground, in a colour the scale does not have.
(() => {
  const scales = {
    gradient: ['#30123b', '#3b3a9c', '#2f6bd0', '#1e9bc2', '#28bd8b', '#7fd34e', '#d9d838', '#fbf7a2'],
    gate: ['#3a1a4f', '#6a2c72', '#a33f79', '#d55d6c', '#ef8a5d', '#f8bd6e', '#fdf0b2'],
  };
  const colours = (chart) => scales[chart.value.scale ?? 'gradient'];

  /** Which of the values get a sign: round ones, few enough to read. */
  function signs(values, most) {
    const width = values.at(-1) - values[0];
    let step = 1;
    for (let i = 0; width / step > most; ++i) step *= [2, 2.5, 2][i % 3];
    const all = [...values.keys()], stride = Math.ceil(values.length / most);
    const round = all.filter((i) => Math.abs(values[i] / step - Math.round(values[i] / step)) < 1e-9);
    const wanted = new Set(round.length > 2 ? round : all.filter((i) => i % stride === 0));
    return (index) => wanted.has(index);
  }

  function category_axis(axis, dimension, values) {
    const named = values.some((value) => typeof value === 'string');
    return {
      ...common.axis(axis, dimension), type: 'category', data: values.map(String), splitLine: {show: false}, boundaryGap: true,
      axisLabel: {
        color: theme.colour('quiet'), fontSize: 11, hideOverlap: true,
        ...(named ? {interval: values.length > 12 ? 'auto' : 0, width: dimension === 'x' ? 90 : 46, overflow: 'truncate'}
                  : {interval: signs(values, dimension === 'x' ? 8 : 6), formatter: (text) => format.tick(Number(text), axis)}),
      },
    };
  }

  function tip(chart, x, y) {
    const value = chart.columns[x][y], {missing} = chart.value;
    const colour = value === null ? theme.colour('missing') : theme.colour('quiet');
    const rows = [[colour, chart.value.name, format.value(value, {...chart.value, missing})]];
    if (chart.counts) rows.push([colour, 'count', format.number(chart.counts[x][y])]);
    return format.tooltip(`${format.html(chart.x.name)} ${format.value(chart.x.values[x], chart.x)}, ${format.html(chart.y.name)} ${format.value(chart.y.values[y], chart.y)}`, rows);
  }

  /** A cell with its edges on whole pixels, so that neighbours leave no seam; with its count where there is room. */
  function cell_shape(chart, params, api) {
    const [x, y] = api.coord([api.value(0), api.value(1)]), [width, height] = api.size([1, 1]);
    const left = Math.round(x - width / 2), top = Math.round(y - height / 2);
    const cell = {
      type: 'rect',
      shape: {x: left, y: top, width: Math.round(x + width / 2) - left, height: Math.round(y + height / 2) - top},
      style: {fill: api.visual('color')},
      emphasis: {style: {stroke: theme.colour('text'), lineWidth: 1}},
    };
    if (!chart.counts || width < 26 || height < 14) return cell;
    const light = api.value(2) > 0.55 * chart.value.max;
    const text = format.number(chart.counts[api.value(0)][api.value(1)]);
    return {type: 'group', children: [cell, {type: 'text', silent: true, style: {text, x, y, align: 'center', verticalAlign: 'middle', fontSize: 12, fill: light ? '#1a1a1a' : '#fff'}}]};
  }

  /** Cells with a value; the rest are a series of their own, so that they too answer the pointer. */
  function cells(chart, there) {
    const list = [];
    chart.columns.forEach((column, x) => column.forEach((value, y) => {
      if ((value !== null) === there) list.push([x, y, value ?? 0]);
    }));
    return list;
  }

  kinds.heat = {
    renderer: 'canvas',
    option(chart) {
      const {min, max} = chart.value, cell = {type: 'custom', renderItem: (params, api) => cell_shape(chart, params, api), progressive: 0, animation: false, encode: {x: 0, y: 1, value: 2}};
      return {
        ...common.base(),
        grid: common.grid(),
        xAxis: category_axis(chart.x, 'x', chart.x.values),
        yAxis: category_axis(chart.y, 'y', chart.y.values),
        visualMap: [
          {show: false, type: 'continuous', seriesIndex: 0, dimension: 2, min, max: max > min ? max : min + 1, inRange: {color: colours(chart)}},
          {show: false, type: 'continuous', seriesIndex: 1, dimension: 2, min: 0, max: 1, inRange: {color: [theme.colour('missing'), theme.colour('missing')]}},
        ],
        series: [{...cell, data: cells(chart, true)}, {...cell, data: cells(chart, false)}],
        tooltip: {...common.base().tooltip, trigger: 'item', formatter: ({value}) => tip(chart, value[0], value[1])},
      };
    },
    scale(chart) {
      const {min, max} = chart.value, at = (share) => format.value(Number((min + share * (max - min)).toPrecision(3)), chart.value);
      const missing = chart.columns.some((column) => column.includes(null));
      return `<span>${at(0)}</span><span class="bar" style="background:linear-gradient(90deg,${colours(chart).join(',')})"></span><span>${at(1)}</span>` +
          (missing ? `<span class="missing">${format.html(chart.value.missing ?? 'no value')}</span>` : '');
    },
    steps: (chart) => chart.columns.length,
    point: null,
  };
})();
