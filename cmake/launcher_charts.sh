# Part of the launcher: the chart library that pages are drawn with, from its npm package. Nothing else waits for it:
# where it cannot be had the program is built without, and says so when a page is asked for.
# shellcheck shell=bash disable=SC2154  # variables and functions of the launcher

charts_pinned=6.1.0
charts_folder=$build_root/charts
charts=${CAROUSEL_ECHARTS:-$charts_folder/node_modules/echarts/dist/echarts.min.js}

# What the build was set up with: one that predates the charts, or another version of them, is made anew, as is one
# whose library has come or gone since.
charts_state() {
  if [[ -f $charts ]]; then echo "charts $charts_pinned $charts"; else echo "charts $charts_pinned none"; fi
}

# Whether this start asks for a page that the program cannot draw yet.
lacks_charts_for() { [[ ${1-} == @(report|demo) && ! -f $charts ]]; }

charts_command() {
  echo "npm install --prefix $charts_folder --ignore-scripts --no-save --no-audit --no-fund echarts@$charts_pinned"
}

has_pinned_charts() {
  [[ -f $charts ]] && grep -q "\"version\": \"$charts_pinned\"" "$charts_folder/node_modules/echarts/package.json" 2>/dev/null
}

find_charts() {
  if [[ -n ${CAROUSEL_ECHARTS-} ]]; then
    [[ -f $charts ]] || fail "CAROUSEL_ECHARTS is '$charts', which is no file: set it to an echarts.min.js, or unset it to have one fetched"
    return
  fi
  has_pinned_charts || fetch_charts
}

# The package manager runs in a subshell, so that what stops a build does not stop it here.
fetch_charts() {
  local without="carousel report will have no charts"
  [[ ! -f $charts ]] || without="the version at hand is used"
  if [[ -n ${CAROUSEL_NO_INSTALL-} ]]; then
    say "Apache ECharts $charts_pinned is missing and CAROUSEL_NO_INSTALL forbids fetching it: $without; run this for it:"
    printf '  %s\n' "$(charts_command)" >&2
    return
  fi
  has npm || (install npm) || true
  if ! has npm; then
    say "npm is missing, which fetches Apache ECharts: $without"
    return
  fi
  say "fetching Apache ECharts $charts_pinned into $charts_folder (about 70 MB, once)"
  npm install --prefix "$charts_folder" --ignore-scripts --no-save --no-audit --no-fund "echarts@$charts_pinned" >>"$log" 2>&1 ||
    say "it could not be fetched: $without (log: $log)"
}
