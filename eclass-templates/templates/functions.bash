# What an ebuild reports with. Each function sends through the client at /run/pmsts/observe, for the
# build OBSERVE_TOKEN and the ebuild OBSERVE_EBUILD. None changes an option, a variable or a
# trap; a report that fails says so on stderr and nothing else, so that it is missing from the verdict.

# observe_send begin|end|value [KEY [VALUE]]: the phase is the outermost phase function that runs.
observe_send() {
	local observe_name observe_phase=global
	for observe_name in "${FUNCNAME[@]}"; do
		case ${observe_name} in
			pkg_pretend|pkg_nofetch|pkg_setup|src_unpack|src_prepare|src_configure|src_compile|src_test|src_install|pkg_preinst|pkg_postinst|pkg_prerm|pkg_postrm|pkg_config|pkg_info)
				observe_phase=${observe_name} ;;
		esac
	done
	# Linux takes 128 KiB in one argument; a character has 6 bytes at most.
	if [[ $# -eq 3 && ${#3} -gt 20000 ]]; then
		builtin printf %s "$3" | /run/pmsts/observe "${OBSERVE_TOKEN-}" "${OBSERVE_EBUILD-}" "${observe_phase}" "$1" "$2" || :
	else
		/run/pmsts/observe "${OBSERVE_TOKEN-}" "${OBSERVE_EBUILD-}" "${observe_phase}" "$@" || :
	fi
}

# observe KEY [VALUE]: without VALUE, standard input to its end, exactly.
observe() {
	observe_send value "$@"
}

# The phase begins.
observe_begin() {
	observe_send begin
}

# The phase has come to its end. Returns the status of the command before it.
observe_end() {
	local observe_status=$?
	observe_send end
	return "${observe_status}"
}

# observe_status KEY COMMAND…: the exit status of the command, run in this shell.
observe_status() {
	local observe_key=$1
	shift
	"$@"
	observe "${observe_key}" "$?"
}

# observe_output KEY COMMAND…: its standard output exactly, with the last newline. The command runs
# in a subshell; its exit status is returned.
observe_output() {
	local observe_key=$1
	shift
	"$@" | observe "${observe_key}"
	return "${PIPESTATUS[0]}"
}

# observe_variable NAME…: NAME.state is unset, set or exported; where it is not unset, NAME is the
# value, of an array the elements, each but the last followed by a newline.
observe_variable() {
	local observe_name observe_declared observe_flags observe_elements
	for observe_name in "$@"; do
		observe_declared=$(builtin declare -p "${observe_name}" 2>/dev/null) || :
		case ${observe_declared} in
			*=*) ;;
			*)
				observe "${observe_name}.state" unset
				continue ;;
		esac
		observe_flags=${observe_declared#declare -}
		observe_flags=${observe_flags%%"${observe_name}"=*}
		case ${observe_flags} in
			*x*) observe "${observe_name}.state" exported ;;
			*) observe "${observe_name}.state" set ;;
		esac
		case ${observe_flags} in
			*[aA]*)
				observe_elements="${observe_name}[*]"
				# In a subshell: a local IFS would hide the one that a test may ask for.
				( IFS=$'\n'; observe "${observe_name}" "${!observe_elements-}" ) ;;
			*) observe "${observe_name}" "${!observe_name}" ;;
		esac
	done
}

# observe_tree KEY DIRECTORY: what is below it, a line each, sorted by path as bytes:
# type (find's letter), mode, uid:gid, size of a file or -, path, and of a link -> its target.
observe_tree() {
	if [[ ! -d $2 ]]; then
		builtin printf 'observe_tree: %s is no directory\n' "$2" >&2
		return 0
	fi
	LC_ALL=C command find "${2%/}/" -mindepth 1 \
		'(' -type f -printf '%P\tf %m %U:%G %s %P\n' ')' -o \
		'(' -type l -printf '%P\tl %m %U:%G - %P -> %l\n' ')' -o \
		-printf '%P\t%y %m %U:%G - %P\n' |
		LC_ALL=C command sort | command cut -f 2- | observe "$1"
}
