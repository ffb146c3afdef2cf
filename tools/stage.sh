# Sourced: stage NAME COMMAND… runs a stage of a longer script and prints its seconds.
stage() {
  local name=$1 began=$SECONDS
  shift
  echo "== $name"
  "$@"
  echo "== $name: $((SECONDS - began)) s"
}
