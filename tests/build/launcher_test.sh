#!/usr/bin/env bash
# What the launcher promises about setting up: what is missing is found, named and fetched, once.
set -euo pipefail
# shellcheck source=tests/build/launcher_scratch.sh
source "$(dirname "${BASH_SOURCE[0]}")/launcher_scratch.sh"

refusals() {
  launch CAROUSEL_BUILD=fast --
  expect "an unknown preset is refused with its name" says "CAROUSEL_BUILD is 'fast'"
  launch CAROUSEL_TORCH="$scratch/elsewhere" --
  expect "a folder without LibTorch is refused" exits_with 1
  expect "... with its name" says "CAROUSEL_TORCH is '$scratch/elsewhere', which holds no LibTorch"
  fake_torch "$scratch/old" 1.13.0
  launch CAROUSEL_TORCH="$scratch/old" --
  expect "an old LibTorch is refused" exits_with 1
  expect "... with the version found and the version wanted" says "LibTorch 1.13.0 in $scratch/old"
  launch CXX=no-such-compiler --
  expect "a compiler that does not exist is refused with its name" says "CXX=no-such-compiler"
}

missing_packages() {
  local path
  path=$(path_without ninja)
  fake_npm "$path"
  fake_command "$path" apt-get "echo \"\$*\" >>$scratch/apt; ln -sf $(command -v ninja) $path/ninja"
  fake_command "$path" id 'echo 1000'
  launch PATH="$path" CAROUSEL_NO_INSTALL= --
  expect "without the right to install the launcher stops" exits_with 1
  expect "... names what is missing" says "missing: ninja (there is no right to install it)"
  expect "... and gives the exact command" says "  sudo apt-get install -y --no-install-recommends ninja-build"
  fake_python "$path"
  launch PATH="$path" CAROUSEL_NO_INSTALL= CAROUSEL_TORCH= --
  expect "... and how to get a LibTorch" says "bin/pip install torch==2.13.0"
  expect "... and has begun to fetch nothing" does_not_say "fetching"
  fake_command "$path" id 'echo 0'
  launch PATH="$path" --
  expect "CAROUSEL_NO_INSTALL forbids installing" says "CAROUSEL_NO_INSTALL forbids installing it"
  expect "... and nothing was called" test ! -e "$scratch/apt"
  launch PATH="$path" CAROUSEL_NO_INSTALL= CAROUSEL_BUILD_DIR="$scratch/installed" --
  expect "root installs the missing package and goes on" prints "$scratch/elsewhere"
  expect "... and says which" says "installing ninja-build with apt-get"
  expect "... after one update" test "$(head -n 1 "$scratch/apt")$(wc -l <"$scratch/apt")" = update2
}

no_torch() {
  local path
  path=$(path_without)
  # shellcheck disable=SC2016  # the fake's own argument
  fake_command "$path" python3 'case $2 in *importlib*) exit 1 ;; esac'
  launch PATH="$path" CAROUSEL_TORCH= CAROUSEL_BUILD_DIR="$scratch/none" --
  expect "without any LibTorch, CAROUSEL_NO_INSTALL lists the commands" says "bin/pip install torch==2.13.0"
  expect "... and stops" exits_with 1
  launch PATH="$path" CAROUSEL_TORCH= CMAKE_PREFIX_PATH="$scratch/old:$scratch/torch" --
  expect "an old LibTorch on CMAKE_PREFIX_PATH is passed over" says "passing over the LibTorch of CMAKE_PREFIX_PATH"
  expect "... and the next one is taken" exits_with 0
}

starts() {
  launch -- "two words" ""
  expect "the first start configures, and says so" says "configuring $project/build/release"
  expect "the program gets the caller's folder and arguments" prints "$scratch/elsewhere|two words|"
  expect "its exit code passes through" exits_with 43
  local begin=$SECONDS
  launch --
  expect "the second start is silent" is_silent
  expect "... and quick" test $((SECONDS - begin)) -le 2
  touch "$project/apps/main.cpp"
  launch --
  expect "a changed source is built again" test "$project/build/release/bin/carousel" -nt "$project/apps/main.cpp"
  expect "... in a moment, of which nothing is said" is_silent
  expect "... without configuring" does_not_say "configuring"
  sleep 0.01
  touch "$project/cmake/launcher_packages.sh"
  launch --
  expect "a set-up from before a change of the package table is made anew" says "configuring"
  echo "CAROUSEL_CCACHE:FILEPATH=$scratch/no-ccache" >>"$project/build/release/CMakeCache.txt"
  launch --
  expect "a set-up with a compiler cache that is gone is made anew" says "configuring"
  launch --
  expect "... once" is_silent
  mv "$scratch/torch" "$scratch/moved"
  launch CAROUSEL_TORCH="$scratch/moved" --
  expect "another CAROUSEL_TORCH configures again" says "configuring"
  mv "$scratch/moved" "$scratch/torch"
  launch CAROUSEL_TORCH="$scratch/moved" --
  expect "a LibTorch that vanished is noticed" says "which holds no LibTorch"
  launch --
  (cd "$scratch/elsewhere" && touch "$project/apps/main.cpp" &&
    CAROUSEL_TORCH=$scratch/torch CAROUSEL_NO_INSTALL=1 "$project/carousel" >"$scratch/other" 2>&1) &
  launch --
  wait $! || status=$?
  expect "two starts at a time both succeed" exits_with 0
  echo 'broken' >>"$project/apps/main.cpp"
  launch --
  expect "a failed build stops" exits_with 1
  expect "... and names the log" says "the build failed; the compiler's messages are above and in $project/build/release"
}

# shellcheck disable=SC2329  # called by expect
npm_calls_are() { [[ $(wc -l 2>/dev/null <"$scratch/npm") -eq $1 ]]; }

charts() {
  local path folder=$scratch/charted
  path=$(path_without)
  fake_command "$path" id 'echo 0'
  : >"$scratch/npm"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" --
  expect "with CAROUSEL_NO_INSTALL the program is built without charts" exits_with 0
  expect "... and it says how to get them" says "  npm install --prefix $folder/charts --ignore-scripts --no-save"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" --
  expect "... once: the next start is silent" is_silent
  fake_command "$path" apt-get 'case $* in *npm*) exit 1 ;; esac'
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= -- report
  expect "a report asks again for what is missing, and runs where npm cannot be installed" exits_with 42
  expect "... and says what is missing" says "npm is missing"
  fake_npm "$path"
  touch "$scratch/offline"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= -- report
  expect "without a network the program starts all the same" exits_with 42
  expect "... and says that it has no charts" says "it could not be fetched: carousel report will have no charts"
  rm "$scratch/offline"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= -- report
  expect "with a network the charts are fetched and the build is configured with them" says "configuring"
  expect "... by one call of npm" npm_calls_are 2
  touch "$scratch/offline"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= -- report
  expect "who has the charts needs no network" is_silent
  head -n 3 "$folder/release/launcher.stamp" >"$scratch/stamp"
  cp "$scratch/stamp" "$folder/release/launcher.stamp"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= --
  expect "a set-up from before there were charts is made anew" says "configuring"
  expect "... without fetching what is there" npm_calls_are 2
  sed -i 's/^charts_pinned=.*/charts_pinned=99.0.0/' "$project/cmake/launcher_charts.sh"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= --
  expect "a newer pinned version is asked for; offline the one at hand is used" says "it could not be fetched: the version at hand is used"
  launch PATH="$path" CAROUSEL_BUILD_DIR="$folder" CAROUSEL_NO_INSTALL= --
  expect "... and asked for once" is_silent
  launch CAROUSEL_ECHARTS="$scratch/none.js" --
  expect "a CAROUSEL_ECHARTS that is no file is refused with its name" says "CAROUSEL_ECHARTS is '$scratch/none.js', which is no file"
  rm "$scratch/offline"
}

# shellcheck disable=SC2329  # called by expect
arrows_are() { [[ $(tr '\n' ' ' 2>/dev/null <"$scratch/arrows") == "$1" ]]; }

# start_with_arrow [NAME=value...] -- [arguments]   in a build folder of its own, with a Python that only makes believe
start_with_arrow() { launch PATH="$path" CAROUSEL_ARROW= CAROUSEL_ECHARTS="$scratch/echarts.min.js" CAROUSEL_BUILD_DIR="$folder" "$@"; }

arrow() {
  local path folder=$scratch/tables
  path=$(path_without python3)
  fake_python "$path"
  touch "$scratch/echarts.min.js"
  : >"$scratch/arrows"
  start_with_arrow --
  expect "with CAROUSEL_NO_INSTALL the program is built without Apache Arrow" exits_with 0
  expect "... and it says how to get it" says "  $folder/venv/bin/pip install pyarrow==26.0.1"
  start_with_arrow --
  expect "... once: the next start is silent" is_silent
  touch "$scratch/offline"
  start_with_arrow CAROUSEL_NO_INSTALL= -- train --data my.csv
  expect "a start that names a table asks again for what is missing, and goes on without a network" exits_with 44
  expect "... and says what cannot be read" says "Apache Arrow could not be fetched: tables in CSV, Parquet and Feather files cannot be read"
  rm "$scratch/offline"
  start_with_arrow CAROUSEL_NO_INSTALL= -- train --data my.parquet
  expect "with a network it is fetched and the build is configured with it" says "configuring"
  expect "... by one more call of pip" arrows_are "pyarrow==26.0.1 pyarrow==26.0.1 "
  expect "... and CMake is told where it is" grep -q "CAROUSEL_ARROW:.*=$folder/venv/lib/python3.11/site-packages/pyarrow" "$folder/release/CMakeCache.txt"
  touch "$scratch/offline"
  start_with_arrow CAROUSEL_NO_INSTALL= -- train --data my.csv
  expect "who has it needs no network" is_silent
  sed -i 's/^arrow_pinned=.*/arrow_pinned=99.0.0/' "$project/cmake/launcher_arrow.sh"
  start_with_arrow CAROUSEL_NO_INSTALL= --
  expect "a newer pinned version is asked for; offline the one at hand is used" says "could not be fetched: the version at hand is used"
  rm "$scratch/offline"
  launch CAROUSEL_ARROW="$scratch/elsewhere" --
  expect "a CAROUSEL_ARROW without Apache Arrow is refused with its name" says "CAROUSEL_ARROW is '$scratch/elsewhere', which holds no Apache Arrow"
}

refusals
missing_packages
no_torch
charts
arrow
starts
finish
