// SPDX-License-Identifier: Apache-2.0

package input

import (
	"fmt"

	"kresd-manager/internal/config"
	"kresd-manager/internal/render"
	"kresd-manager/units"
)

// Named lists the files that the components read with a configuration. Files of
// keys without effect are not among them, nor are tokens, which the manager
// reads at each request, and trust anchors that the workers themselves keep up
// to date (RFC 5011).
func Named(c *config.Config) []units.Input {
	var all []units.Input
	add := func(use units.InputUse, kind, path, pointer string, watched bool) {
		if path != "" {
			all = append(all, units.Input{Pointer: pointer, Path: path, Kind: kind, Use: use, Watched: watched})
		}
	}
	if !c.Lua.ScriptOnly {
		if t := c.Network.TLS; render.Encrypted(c) {
			add(units.UseRenew, units.KindCertificate, t.CertFile, "/network/tls/cert-file", t.Watchdog)
			add(units.UseRenew, units.KindKey, t.KeyFile, "/network/tls/key-file", t.Watchdog)
			if t.SticketSecret == "" {
				add(units.UseStart, "ticket secret", t.SticketSecretFile, "/network/tls/sticket-secret-file", false)
			}
		}
		if c.DNSSEC.Enable {
			for i, f := range c.DNSSEC.TrustAnchorsFiles {
				if f.ReadOnly {
					add(units.UseStart, "trust anchors", f.File, fmt.Sprintf("/dnssec/trust-anchors-files/%d/file", i), false)
				}
			}
		}
		i := 0
		for f := range c.Forward.All() {
			servers(f.Servers, func() string { return fmt.Sprintf("/forward/%d/servers", i) }, add)
			i++
		}
		if c.Fallback.Enable {
			servers(c.Fallback.Servers, func() string { return "/fallback/servers" }, add)
		}
		for i, p := range c.Cache.Prefill {
			add(units.UseStart, "CA file", p.CAFile, fmt.Sprintf("/cache/prefill/%d/ca-file", i), false)
		}
	}
	if c.Lua.Script == "" {
		add(units.UseStart, "Lua script", c.Lua.ScriptFile, "/lua/script-file", false)
	}
	if !c.Lua.PolicyScriptOnly {
		l := c.LocalData
		for i, f := range l.AddressesFiles {
			add(units.UseRules, "hosts file", f, fmt.Sprintf("/local-data/addresses-files/%d", i), false)
		}
		for i, r := range l.Rules {
			for j, f := range r.File {
				add(units.UseRules, "hosts file", f, fmt.Sprintf("/local-data/rules/%d/file/%d", i, j), false)
			}
		}
		for i, z := range l.RPZ {
			add(units.UseRules, "zone", z.File, fmt.Sprintf("/local-data/rpz/%d/file", i), z.Watchdog)
		}
	}
	if c.Lua.PolicyScript == "" {
		add(units.UseRules, "Lua script", c.Lua.PolicyScriptFile, "/lua/policy-script-file", false)
	}
	return all
}

// servers adds the CA files of servers that are asked over TLS.
func servers(all []config.Server, pointer func() string, add func(units.InputUse, string, string, string, bool)) {
	for i := range all {
		if s := &all[i]; s.Transport == "tls" {
			add(units.UseStart, "CA file", s.CAFile, fmt.Sprintf("%s/%d/ca-file", pointer(), i), false)
		}
	}
}

// Watched are the paths of the inputs whose changes are to be taken over by
// themselves.
func Watched(inputs []units.Input) []string {
	var paths []string
	for _, in := range inputs {
		if in.Watched {
			paths = append(paths, in.Path)
		}
	}
	return paths
}
