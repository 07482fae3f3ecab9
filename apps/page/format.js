'use strict';
// Numbers and texts as people read them.
const format = (() => {
  const minus = (text) => text.replace(/-/g, '\u2212');
  const superscript = (text) => [...text].map((c) => '\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079'[c] ?? (c === '-' ? '\u207b' : c)).join('');

  /** A text that is safe inside HTML. */
  const html = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

  /** Four digits: 1,234 or 0.08531 or 2.1 x 10^-7. */
  function number(value) {
    if (value === null || value === undefined || Number.isNaN(value)) return '\u2013';
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-4 || size >= 1e7)) {
      const [digits, exponent] = value.toExponential(2).split('e');
      return `${minus(digits)}\u202f\u00d7\u202f10${superscript(String(Number(exponent)))}`;
    }
    const whole = Number.isInteger(value) || size >= 1e4;
    return minus(value.toLocaleString('en', whole ? {maximumFractionDigits: 0} : {maximumSignificantDigits: 4}));
  }

  /** The value of an axis whose numbers are exponents of ten, as HTML. */
  const power = (exponent) => `10<sup>${minus(exponent.toFixed(2).replace(/\.?0+$/, ''))}</sup>`;

  /** Milliseconds since 1970 as a date, with the time of day where it is not midnight. */
  const time = (ms) => Math.abs(ms) > 8.64e15 ? number(ms / 1000) : new Date(ms).toISOString().replace('T00:00:00.000Z', '').replace('T', ' ').replace(/(:00)?\.000Z$/, '').replace('Z', '');

  /** A value with its unit, as HTML. */
  function value(v, axis) {
    if (v === null || v === undefined || Number.isNaN(v)) return html(axis.missing ?? 'none');
    if (typeof v === 'string') return html(v);
    if (axis.time) return time(v);
    if (axis.power) return power(v);
    if (axis.share) return `${number(100 * v)}\u202f%`;
    return html(number(v) + (axis.unit ? `\u202f${axis.unit}` : ''));
  }

  /** The same for the few signs beside an axis. */
  function tick(v, axis) {
    if (axis.power) return `10${superscript(String(Number(v.toFixed(1))))}`;
    if (axis.share) return `${Number((100 * v).toPrecision(3))}%`;
    if (axis.log) {
      const exponent = Math.log10(v);
      return Math.abs(exponent) > 3 && Number.isInteger(Number(exponent.toFixed(6))) ? `10${superscript(exponent.toFixed(0))}` : number(v);
    }
    if (Math.abs(v) >= 10000) return minus(`${Number((v / 1000).toPrecision(4))}k`);
    return number(Number(v.toPrecision(10)));
  }

  const axis_title = (axis) => axis.name + (axis.unit ? ` (${axis.unit})` : '');

  /** A tooltip: a heading and rows of [colour, name, value as HTML]. */
  function tooltip(heading, rows) {
    const row = ([colour, name, text]) =>
        `<div class="row"><span style="--mark:${colour}">${html(name)}</span><b>${text}</b></div>`;
    return `<div class="tip"><b>${heading}</b>${rows.map(row).join('')}</div>`;
  }

  return {html, number, value, tick, axis_title, tooltip};
})();
