# Part of the launcher: the chart library that pages are drawn with, from its npm package. Nothing else waits for it:
# where it cannot be had the program is built without, and says so when a page is asked for.
# shellcheck shell=bash disable=SC2154,SC2034  # variables shared with the launcher

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

check_charts_setting() {
  [[ -z ${CAROUSEL_ECHARTS-} || -f $charts ]] ||
    fail "CAROUSEL_ECHARTS is '$charts', which is no file: set it to an echarts.min.js, or unset it to have one fetched"
}

begin_charts() {
  [[ -z ${CAROUSEL_ECHARTS-} ]] && ! has_pinned_charts || return 0
  if [[ -n ${CAROUSEL_NO_INSTALL-} ]]; then
    say "Apache ECharts $charts_pinned is missing and CAROUSEL_NO_INSTALL forbids fetching it: $(without_charts); run this for it:"
    printf '  %s\n' "$(charts_command)" >&2
    return
  fi
  has npm || [[ $(id -u) == 0 ]] || (install npm) || true   # here, since sudo may ask for a password
  begin_job charts fetch_charts
}

without_charts() {
  if [[ -f $charts ]]; then echo "the version at hand is used"; else echo "carousel report will have no charts"; fi
}

# The package manager runs in a subshell, so that what stops a build does not stop it here.
fetch_charts() {
  local partial=$charts_folder.partial
  has npm || [[ $(id -u) != 0 ]] || (install npm) || true
  if ! has npm; then
    say "npm is missing, which fetches Apache ECharts: $(without_charts)"
    return
  fi
  say "fetching Apache ECharts $charts_pinned into $charts_folder (about 70 MB, once)"
  rm -rf "$partial"
  if npm install --prefix "$partial" --ignore-scripts --no-save --no-audit --no-fund "echarts@$charts_pinned" >>"$log" 2>&1; then
    rm -rf "$charts_folder"
    mv "$partial" "$charts_folder"
  else
    say "it could not be fetched: $(without_charts) (log: $log)"
  fi
}

await_charts() { await_job charts || true; }
