# Sourced by the scripts of tools/, and by ./dev.
jobs=$(nproc)

# stage NAME COMMAND… runs a stage of a longer script and prints its seconds.
stage() {
  local name=$1 began=$SECONDS
  shift
  echo "== $name"
  "$@"
  echo "== $name: $((SECONDS - began)) s"
}

# compile PRESET [TARGET…] configures once and builds: on a terminal with ninja's own line of progress, else with a line
# every tenth of the way. What ccache does not have is timed (checks/timed.sh).
compile() {
  local preset=$1 tenth=0 progress rest line
  local -x PATH="$PWD/tools/checks:$PATH" CCACHE_PREFIX="timed.sh${CCACHE_PREFIX:+ $CCACHE_PREFIX}"
  shift
  [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >"build-$preset.log" 2>&1 ||
    { tail -n 20 "build-$preset.log" >&2; return 1; }
  rm -f "build-$preset.log"
  if [ -t 1 ]; then
    NINJA_STATUS='[%f/%t, %es] ' ninja -C "build/$preset" -j "$jobs" "$@"
    return
  fi
  NINJA_STATUS='@%p %f/%t %e@ ' ninja -C "build/$preset" -j "$jobs" "$@" | while IFS= read -r line; do
    case "$line" in
      @*) ;;
      'ninja: Entering directory'* | 'ninja: no work to do.') continue ;;
      *) echo "$line"; continue ;;
    esac
    read -r progress rest <<<"${line#@}"
    if [ $((${progress%\%} / 10)) -gt "$tenth" ]; then
      tenth=$((${progress%\%} / 10))
      echo "build $preset: $progress, ${rest%%@*} s"
    fi
  done
}
