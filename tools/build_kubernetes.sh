#!/bin/sh
# Builds the programs of Kubernetes that `make test-cluster` runs: tools/build_kubernetes.sh <folder> [program...]
# They come as Go modules, because Debian 12 has no package of them. It needs Go 1.24 or newer, and about 20 minutes of CPU time once.
# A program that is in the folder already is not built again. GOFLAGS=-p=1 leaves the other processors alone.
set -eu
version=1.34.1        # the one whose behaviour tests/cluster pins
coredns_version=1.13.1 # uses the same version of the modules of Kubernetes
[ $# -gt 0 ] || { echo "usage: tools/build_kubernetes.sh <folder> [program...]" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- kube-apiserver kube-controller-manager kube-scheduler kubelet kubectl kube-proxy coredns
command -v go >/dev/null || { echo "build_kubernetes: there is no Go here (1.24 or newer)" >&2; exit 1; }
export GOTOOLCHAIN=local CGO_ENABLED=0

# <program> <package> <expression for its command>
write_main() {
    mkdir -p "$folder/source/$1"
    cat >"$folder/source/$1/main.go" <<END
package main

import (
	"os"

	command "k8s.io/kubernetes/cmd/$1/app"
	"k8s.io/component-base/cli"
)

func main() { os.Exit(cli.Run(command.$2)) }
END
}

write_module() {
    write_main kube-apiserver 'NewAPIServerCommand()'
    write_main kube-controller-manager 'NewControllerManagerCommand()'
    write_main kube-scheduler 'NewSchedulerCommand()'
    write_main kube-proxy 'NewProxyCommand()'
    write_main kubelet 'NewKubeletCommand(context.Background())'
    sed -i 's/^import (/import (\n\t"context"/' "$folder/source/kubelet/main.go"
    mkdir -p "$folder/source/kubectl"
    cat >"$folder/source/kubectl/main.go" <<END
package main

import (
	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
)

func main() { util.CheckErr(cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand())) }
END
    # Its modules of the same repository are named by folders in its go.mod, which other modules cannot use.
    answer=$(go mod download -json "k8s.io/kubernetes@v$version") || { printf '%s\n' "$answer" >&2; exit 1; }
    modules=$(printf '%s\n' "$answer" | sed -n 's/^\t"GoMod": "\(.*\)",$/\1/p')
    {
        printf 'module tidegate.test/kubernetes\n\n'
        grep '^go ' "$modules"
        printf 'require k8s.io/kubernetes v%s\n' "$version"
        sed -n "s,^\t\(k8s.io/[a-z-]*\) => ./staging/.*,replace \1 => \1 v0.${version#1.},p" "$modules"
    } >"$folder/source/go.mod"
    (cd "$folder/source" && go mod tidy) || { rm -f "$folder/source/go.sum"; exit 1; }
}

# A DNS server for Services, without its plugins for other things.
write_coredns() {
    mkdir -p "$folder/source-coredns"
    cat >"$folder/source-coredns/main.go" <<END
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/ready"
)

func main() {
	dnsserver.Directives = []string{"ready", "errors", "kubernetes"}
	coremain.Run()
}
END
    printf 'module tidegate.test/coredns\n\ngo 1.24.0\n\nrequire github.com/coredns/coredns v%s\n' "$coredns_version" \
        >"$folder/source-coredns/go.mod"
    (cd "$folder/source-coredns" && go mod tidy)
}

minor=${version#*.}
minor=${minor%.*}
stamp=k8s.io/component-base/version
for program in "$@"; do
    [ ! -x "$folder/$program" ] || continue
    if [ "$program" = coredns ]; then
        echo "building coredns $coredns_version"
        write_coredns
        (cd "$folder/source-coredns" && go build -trimpath -o "$folder/.coredns.new" -ldflags "-s -w" .)
        mv "$folder/.coredns.new" "$folder/coredns"
        continue
    fi
    [ -f "$folder/source/go.sum" ] || write_module
    echo "building $program $version"
    # All with the same flags: Go then compiles what they share once.
    (cd "$folder/source" && go build -trimpath -o "$folder/.$program.new" \
        -ldflags "-s -w -X $stamp.gitVersion=v$version -X $stamp.gitMajor=1 -X $stamp.gitMinor=$minor" "./$program")
    mv "$folder/.$program.new" "$folder/$program"
done
