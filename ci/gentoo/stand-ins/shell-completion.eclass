# Stands in for Gentoo's shell-completion.eclass in ci/ebuild-test.

_install_completion() {
	local dir=$1 file=$2 name=$3
	insinto "${dir}"
	newins "${file}" "${name}"
}

newbashcomp() { _install_completion /usr/share/bash-completion/completions "$@"; }
newzshcomp() { _install_completion /usr/share/zsh/site-functions "$@"; }
dofishcomp() { _install_completion /usr/share/fish/vendor_completions.d "$1" "${1##*/}"; }
