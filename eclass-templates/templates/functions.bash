observe_send() {
	local observe_phase=global observe_name
	for observe_name in "${FUNCNAME[@]}"; do
		case ${observe_name} in
			pkg_pretend|pkg_setup|pkg_preinst|pkg_postinst|pkg_prerm|pkg_postrm|pkg_config|pkg_info|pkg_nofetch|\
			src_unpack|src_prepare|src_configure|src_compile|src_test|src_install) observe_phase=${observe_name} ;;
		esac
	done
	/run/pmsts/observe "${OBSERVE_TOKEN}" "${OBSERVE_EBUILD}" "${observe_phase}" "$@"
}

observe_begin() { observe_send begin ''; }
observe_end() { observe_send end ''; }
observe() { observe_send value "$@"; }

observe_status() {
	local observe_key=$1 observe_result=0
	shift
	"$@" || observe_result=$?
	observe_send value "${observe_key}" "${observe_result}"
}
