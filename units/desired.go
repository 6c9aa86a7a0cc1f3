// SPDX-License-Identifier: Apache-2.0

package units

import "time"

// Desired is what one generation of the configuration wants of the system. It
// is also the one schema of components.json, see [Desired.Text].
// The zero value wants nothing to run. Hashes are opaque; equal hashes mean
// that the component would read the same text.
type Desired struct {
	// Generation names the folder the components read from.
	Generation string `json:"-"`
	// Workers is the number of workers; their instances are 1 … Workers.
	Workers int `json:"workers"`
	// FirstAlone has the first worker of a system that does not serve yet start
	// before the others, because it writes a file that all of them share.
	FirstAlone bool `json:"first-alone"`
	// WorkerHash is what every worker announces as "config HASH".
	WorkerHash string `json:"worker"`
	// RulesHash is what the policy-loader announces as "rules HASH".
	RulesHash string `json:"rules"`
	// Cert and Key are the files of the certificate that workers serve, ""
	// without one.
	Cert string `json:"cert,omitempty"`
	Key  string `json:"key,omitempty"`
	// GC is the argument list of the cache garbage collector, without the
	// program; nil when none is wanted.
	GC []string `json:"gc"`
	// Components are further processes, by falling priority and then by name.
	// kresd-component reads their commands.
	Components []Component `json:"components,omitempty"`
	Roll       Roll        `json:"roll,omitzero"`
	// Inputs are the files that the configuration names, in the order of its keys.
	Inputs []Input `json:"-"`
	// Limits are those of every worker.
	Limits Limits `json:"limits,omitzero"`
	// Slice and Restart are what the unit files of workers should say, "" for
	// what they do. kresd-generator makes drop-ins of them.
	Slice   string `json:"slice,omitempty"`
	Restart string `json:"restart,omitempty"`
}

// Roll is how workers are replaced.
type Roll struct {
	// Budget is how many workers may restart at the same time; 0 counts as 1.
	Budget int `json:"budget,omitempty"`
	// Soak is how long a worker has to stay up before the next one follows.
	Soak time.Duration `json:"soak,omitempty"`
}

// Words that the daemons put before a hash in their sd_notify(3) STATUS= text,
// from where it is read back: no other record of what runs is kept.
const (
	WorkerStatus    = "config "
	RulesStatus     = "rules "
	ComponentStatus = "component "
)
