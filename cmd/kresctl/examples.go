// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/spf13/cobra"

// examples are what the commands are used for most, by their paths, for those that bring
// none themselves.
var examples = map[string]string{
	"kresctl cache clear":   "  kresctl cache clear example.com\n  kresctl cache clear --exact-name --rr-type AAAA www.example.com",
	"kresctl cancel":        "  kresctl cancel\n  kresctl cancel 18",
	"kresctl completion":    "  kresctl completion bash >/usr/share/bash-completion/completions/kresctl",
	"kresctl config delete": "  kresctl config delete -p /local-data/addresses/printer.home\n  kresctl config delete --dry-run -p /forward/0",
	"kresctl config get":    "  kresctl config get -p /cache/size-max\n  kresctl config get --yaml running.yaml",
	"kresctl confirm":       "  kresctl config set --confirm-within 5m -p /network/listen @listen.yaml\n  kresctl confirm",
	"kresctl doctor":        "  sudo kresctl doctor\n  kresctl doctor --json | jq '.findings[].fix'",
	"kresctl events":        "  kresctl events\n  kresctl events --json | jq -c .",
	"kresctl logs":          "  kresctl logs -f\n  kresctl logs -n 20 1 policy-loader",
	"kresctl metrics":       "  kresctl metrics | jq '.\"kresd:kresd1\".answer'\n  kresctl metrics --prometheus",
	"kresctl pids":          "  kresctl pids kresd\n  perf top -p $(kresctl pids kresd | paste -sd,)",
	"kresctl plan":          "  kresctl plan",
	"kresctl reload":        "  kresctl reload --dry-run\n  kresctl reload --confirm-within 5m -m 'new forwarders'",
	"kresctl renew":         "  kresctl renew --dry-run",
	"kresctl schema":        "  kresctl schema >kresd.schema.json\n  kresctl schema --live",
	"kresctl status":        "  kresctl status\n  kresctl status -q || systemctl status kresd-manager",
	"kresctl stop":          "  kresctl stop\n  kresctl stop --yes",
	"kresctl restart":       "  kresctl restart\n  kresctl restart 1 -m 'new libraries'",
	"kresctl units":         "  kresctl units\n  kresctl units 1 gc",
	"kresctl query":         "  kresctl query example.com AAAA\n  kresctl query --tls --dnssec example.com",
	"kresctl trace":         "  kresctl trace example.com AAAA\n  kresctl trace --from 192.0.2.9 ads.example",
	"kresctl ui":            "  kresctl ui\n  kresctl ui --local\n  kresctl --token-file ~/.kresctl-token -s https://dns1.example:8453 ui",
	"kresctl upstreams":     "  kresctl upstreams --all",
	"kresctl cache stats":   "  kresctl cache stats",
	"kresctl top":           "  kresctl top\n  kresctl top -n 10 --interval 1m --json",
	"kresctl check":         "  kresctl check -w cache=80,cert=21 -c cache=95,cert=7",
	"kresctl version":       "  kresctl version\n  kresctl version --client",
	"kresctl debug":         "  sudo kresctl debug 1 -- -batch -ex bt",
	"kresctl diff":          "  kresctl diff\n  kresctl diff running 24",
	"kresctl apply":         "  kresctl apply new.yaml",
	"kresctl edit":          "  kresctl edit",
	"kresctl token new":     "  kresctl token new",
	"kresctl token hash":    "  kresctl token hash",
}

// illustrate gives the commands their examples.
func illustrate(cmd *cobra.Command) {
	if cmd.Example == "" {
		cmd.Example = examples[cmd.CommandPath()]
	}
	for _, sub := range cmd.Commands() {
		illustrate(sub)
	}
}
