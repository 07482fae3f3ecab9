'use strict';
// Light or dark: the system's choice until the reader makes one. Colours come from the style sheet.
const theme = (() => {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const listeners = [];
  let chosen = null;

  const current = () => chosen ?? (system.matches ? 'dark' : 'light');

  function apply(name = current()) {
    if (root.dataset.theme === name) return;
    root.dataset.theme = name;
    for (const listener of listeners) listener();
  }

  system.addEventListener('change', () => apply());
  root.dataset.theme = current();

  return {
    colour: (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim(),
    series: (index) => theme.colour(`series-${index % 8}`),
    current,
    apply,
    toggle() {
      chosen = current() === 'dark' ? 'light' : 'dark';
      apply();
    },
    on_change: (listener) => listeners.push(listener),
  };
})();
