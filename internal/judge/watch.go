// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"fmt"

	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/internal/render"
)

// Watched lists the files whose changes a configuration wants to be seen.
func Watched(c *config.Config) []access.Path {
	var paths []access.Path
	add := func(pointer, path string) {
		paths = append(paths, access.Path{Pointer: pointer, Need: access.WatchFile, Path: path})
	}
	if t := c.Network.TLS; t.Watchdog && t.CertFile != "" && render.Encrypted(c) {
		add("/network/tls/cert-file", t.CertFile)
		add("/network/tls/key-file", t.KeyFile)
	}
	for i, z := range c.LocalData.RPZ {
		if z.Watchdog {
			add(fmt.Sprintf("/local-data/rpz/%d/file", i), z.File)
		}
	}
	return paths
}

// Watches says which of the watched files the manager cannot watch: workers
// would go on with what they have read before, and no one would know.
func (r *Readers) Watches(paths []access.Path) []Finding {
	var found []Finding
	for _, p := range paths {
		for _, f := range access.Check(access.OS, r.Manager, p) {
			if f.Unsure || f.Missing {
				continue // told where it is to be read
			}
			found = append(found, Finding{Problem: config.Problem{
				Pointer: p.Pointer, Severity: config.SeverityWarning,
				Message: "a change of it is not seen: " + f.Message,
				Hint:    "kresctl renew after each change; or let " + r.Manager.Name + " list " + f.At,
			}})
		}
	}
	return found
}
