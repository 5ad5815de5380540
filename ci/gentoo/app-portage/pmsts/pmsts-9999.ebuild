# Copyright 2026 The authors of pmsts
# Distributed under the terms of the MIT licence or the Apache License 2.0

EAPI=8

RUST_MIN_VER="1.89.0"

inherit cargo shell-completion

DESCRIPTION="Conformance suite for the Package Manager Specification"
HOMEPAGE="https://example.org/pmsts"

if [[ ${PV} == *9999 ]]; then
	inherit git-r3
	EGIT_REPO_URI="https://example.org/pmsts.git"
else
	SRC_URI="
		https://example.org/pmsts/releases/download/v${PV}/${P}.tar.gz
		https://example.org/pmsts/releases/download/v${PV}/${P}-crates.tar.xz
	"
	KEYWORDS="~amd64"
fi

LICENSE="|| ( Apache-2.0 MIT )"
# Licences of the crates
LICENSE+=" 0BSD Apache-2.0 Apache-2.0-with-LLVM-exceptions BZIP2 ISC MIT Unicode-3.0 ZLIB"
SLOT="0"

# The client that phases call is linked statically.
DEPEND="|| ( sys-libs/glibc[static-libs(+)] sys-libs/musl )"
RDEPEND="dev-lang/python"

# The tests open testbeds, and need root and the network.
RESTRICT="test"

QA_FLAGS_IGNORED="usr/bin/pmsts"

src_unpack() {
	if [[ ${PV} == *9999 ]]; then
		git-r3_src_unpack
		cargo_live_src_unpack
	else
		cargo_src_unpack
	fi
}

src_compile() {
	cargo_src_compile --package pmsts --bin pmsts
}

src_install() {
	local program=$(cargo_target_dir)/pmsts

	dobin "${program}"

	local shell
	for shell in bash zsh fish; do
		"${program}" completions ${shell} > "${T}/pmsts.${shell}" || die
	done
	newbashcomp "${T}/pmsts.bash" pmsts
	newzshcomp "${T}/pmsts.zsh" _pmsts
	dofishcomp "${T}/pmsts.fish"

	"${program}" man "${T}/man" || die
	doman "${T}"/man/*.1

	dodoc README.md CHANGELOG.md
}
