# Which environment does a command of this checkout run in? Read by ./colonnade and ./check, not run by itself.
#
#   environment CHECKOUT NAME LOCK
#
# leaves CHECKOUT/NAME as a virtual environment that holds exactly what CHECKOUT/LOCK pins, and the checkout's src/.
# The stamp is written last and holds the lock itself and the interpreter it was made with, so a killed build, a new lock
# and a replaced python are all noticed; nothing is started to find that out but readlink and cmp.

environment() {
    _environment_is_current "$1/$2" "$1/$3" && return
    # The builder's children hold descriptor 9, and with it the lock, even when it is killed: never two pips at once.
    (
        flock -n 9 || { echo "colonnade: waiting for another start to finish making $2" >&2; flock 9; }
        _environment_is_current "$1/$2" "$1/$3" || _environment_build "$1" "$2" "$3"
    ) 9<"$1"
}

_environment_stamp() {  # ENVIRONMENT LOCK
    readlink -f "$1/bin/python"
    cat "$2"
}

_environment_is_current() {  # ENVIRONMENT LOCK
    [ -x "$1/bin/python" ] && [ -f "$1/stamp" ] && _environment_stamp "$1" "$2" | cmp -s - "$1/stamp"
}

_environment_build() {  # CHECKOUT NAME LOCK
    _environment_python=$(_environment_find_python)
    _environment_needs_venv "$_environment_python"
    echo "colonnade: making $2 from $3 with $_environment_python (once; needs the network)" >&2
    rm -rf "${1:?}/$2" 2>/dev/null || {
        echo "colonnade: can't replace $1/$2: it belongs to another user" >&2
        echo "  hint: sudo rm -r $1/$2" >&2
        return 1
    }
    "$_environment_python" -P -m venv "$1/$2"
    _environment_install "$1/$2" "$1/$3"
    # A relative line, so that the checkout may be moved. `purelib` is lib/pythonX.Y/site-packages, four below the checkout.
    echo "../../../../src" > "$("$1/$2/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/checkout.pth"
    _environment_stamp "$1/$2" "$1/$3" > "$1/$2/stamp.new"
    mv "$1/$2/stamp.new" "$1/$2/stamp"
}

# pip brings uv, and uv the rest: 3 s where pip alone takes 13. Only pip reads pip.conf, so it is asked where uv fails.
_environment_install() {  # ENVIRONMENT LOCK
    awk '/^[a-z]/ { wanted = /^uv==/ } wanted' "$2" > "$1/uv.lock"
    if _environment_pip "$1" "$1/uv.lock"; then
        _environment_uv "$1" "$2" 2>/dev/null || _environment_pip "$1" "$2"
    else
        echo "colonnade: could not fetch the packages that $2 pins" >&2
        echo "  hint: is there a network? A mirror or proxy is named in pip's own configuration" >&2
        return 1
    fi
}

_environment_pip() {  # ENVIRONMENT LOCK
    "$1/bin/python" -P -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$2"
}

_environment_uv() {  # ENVIRONMENT LOCK
    "$1/bin/python" -P -m uv pip install --quiet --no-config --python "$1/bin/python" --compile-bytecode \
        --require-hashes --only-binary :all: -r "$2"
}

_environment_find_python() {
    for _environment_candidate in python3 /usr/bin/python3 python3.13 python3.12 python3.11; do
        if "$_environment_candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$_environment_candidate"
            return
        fi
    done
    echo "colonnade: needs python3 3.11 or newer; found: $(python3 --version 2>&1)" >&2
    echo "  hint: Debian 12 and later have it: apt-get install python3" >&2
    return 1
}

_environment_needs_venv() {  # PYTHON
    "$1" -P -c 'import ensurepip, venv' 2>/dev/null && return
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "colonnade: $1 can't make virtual environments: its venv module is not installed" >&2
        echo "  hint: sudo apt-get install -y python3-venv" >&2
        return 1
    fi
    echo "colonnade: installing Debian's python3-venv" >&2
    _environment_said=$(_environment_apt_get_venv 2>&1 9<&-) || { echo "$_environment_said" >&2; return 1; }
}

_environment_apt_get_venv() {
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv
}
