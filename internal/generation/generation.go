// SPDX-License-Identifier: Apache-2.0

// Package generation keeps what the daemons read: every rendered configuration
// is a folder of its own, written whole, never changed and named by the hash of
// its content. Components reach theirs through a symbolic link each, which is
// switched atomically, so that no crash and no restart in the middle of a
// change ever sees a torn file.
package generation

import (
	"encoding/json"
	"fmt"

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

// components is what a generation wants of the system. kresd-component reads
// the commands of components there.
type components struct {
	Workers    int      `json:"workers"`
	FirstAlone bool     `json:"first-alone"`
	WorkerHash string   `json:"worker"`
	RulesHash  string   `json:"rules"`
	Cert       string   `json:"cert,omitempty"`
	Key        string   `json:"key,omitempty"`
	GC         []string `json:"gc"`

	Components []units.Component `json:"components,omitempty"`
	Roll       units.Roll        `json:"roll,omitzero"`
	Limits     units.Limits      `json:"limits,omitzero"`

	// These two are for the boot alone: kresd-generator makes drop-ins of them.
	Slice   string `json:"slice,omitempty"`
	Restart string `json:"restart,omitempty"`
}

// Make renders a configuration. Configurations that mean the same give the
// same generation.
func Make(c *config.Config, host render.Host) Generation {
	var g Generation
	var k components
	g.files = map[string]string{}
	g.files[workerFile], k.WorkerHash = render.Worker(c, host)
	g.files[rulesFile], k.RulesHash = render.PolicyLoader(c)
	k.GC = render.CacheGC(c)
	g.files[gcFile] = render.CacheGCArguments(k.GC)
	g.files[drainFile] = render.DrainDeadline(c)
	k.Workers = c.Workers
	k.FirstAlone = render.SharesKey(c)
	if render.Encrypted(c) {
		k.Cert, k.Key = c.Network.TLS.CertFile, c.Network.TLS.KeyFile
	}
	for _, r := range render.Components(c, host) {
		k.Components = append(k.Components, units.Component{
			Name: r.Name, Kind: units.ComponentKind(r.Kind), Priority: r.Priority, Command: r.Command, Hash: r.Hash,
		})
	}
	k.Roll = units.Roll{Budget: c.Systemd.RollBudget, Soak: c.Systemd.Soak}
	k.Slice, k.Restart = c.Systemd.Slice, c.Systemd.Restart
	k.Limits = units.LimitsOf(c.Systemd)
	b, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("generation: strings and numbers do not encode: %v", err))
	}
	g.files[componentsFile] = string(b) + "\n"
	id := render.Hash(g.files[workerFile], g.files[rulesFile], g.files[gcFile], g.files[drainFile], g.files[componentsFile])
	g.Desired = k.desired(id)
	return g
}

func (k components) desired(id string) units.Desired {
	return units.Desired{
		Generation: id,
		Workers:    k.Workers,
		FirstAlone: k.FirstAlone,
		WorkerHash: k.WorkerHash,
		RulesHash:  k.RulesHash,
		Cert:       k.Cert,
		Key:        k.Key,
		GC:         k.GC,
		Components: k.Components,
		Roll:       k.Roll,
		Limits:     k.Limits,
		Restart:    k.Restart,
		Slice:      k.Slice,
	}
}
