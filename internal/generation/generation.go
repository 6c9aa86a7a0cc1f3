// SPDX-License-Identifier: Apache-2.0

// Package generation keeps what the daemons read: every rendered configuration
// is a folder of its own, written whole, never changed and named by the hash of
// its content. Components reach theirs through a symbolic link each, which is
// switched atomically, so that no crash and no restart in the middle of a
// change ever sees a torn file.
package generation

import (
	"kresd-manager/internal/config"
	"kresd-manager/internal/render"
	"kresd-manager/units"
)

// Names of the files in a generation's folder.
const (
	workerFile     = "worker.lua"
	rulesFile      = "policy-loader.lua"
	gcFile         = "gc.json"
	drainFile      = "drain"
	componentsFile = "components.json"
)

// Generation is one rendered configuration.
type Generation struct {
	Desired units.Desired
	files   map[string]string
}

// Make renders a configuration. Configurations that mean the same give the
// same generation.
func Make(c *config.Config, host render.Host) Generation {
	var g Generation
	d := &g.Desired
	g.files = map[string]string{}
	g.files[workerFile], d.WorkerHash = render.Worker(c, host)
	g.files[rulesFile], d.RulesHash = render.PolicyLoader(c)
	d.GC = render.CacheGC(c)
	g.files[gcFile] = render.CacheGCArguments(d.GC)
	g.files[drainFile] = render.DrainDeadline(c)
	d.Workers = c.Workers
	d.FirstAlone = render.SharesKey(c)
	if render.Encrypted(c) {
		d.Cert, d.Key = c.Network.TLS.CertFile, c.Network.TLS.KeyFile
	}
	for _, r := range render.Components(c, host) {
		d.Components = append(d.Components, units.Component{
			Name: r.Name, Kind: units.ComponentKind(r.Kind), Priority: r.Priority, Command: r.Command, Hash: r.Hash,
		})
	}
	d.Roll = units.Roll{Budget: c.Systemd.RollBudget, Soak: c.Systemd.Soak}
	d.Slice, d.Restart = c.Systemd.Slice, c.Systemd.Restart
	d.Limits = units.LimitsOf(c.Systemd)
	g.files[componentsFile] = d.Text()
	d.Generation = render.Hash(g.files[workerFile], g.files[rulesFile], g.files[gcFile], g.files[drainFile], g.files[componentsFile])
	return g
}
