// SPDX-License-Identifier: Apache-2.0

package config

import "time"

// Systemd is how systemd runs the workers. What is not set stays as in the
// unit files that are installed.
type Systemd struct {
	// Slice is a unit name that ends in .slice, systemd.slice(5).
	Slice string `key:"slice" type:"slice?" ours:"true" doc:"Slice that the workers run in, such as dns.slice. It takes effect at the next boot, see below."`
	// Watchdog is 0 for none and nil for what the unit file says.
	Watchdog      *time.Duration `key:"watchdog" type:"time?" ours:"true" doc:"A worker that gives no sign of life for this time is killed and restarted; at least 1s, 0s is never. Without it the unit file decides, which has 30s as installed."`
	DrainDeadline time.Duration  `key:"drain-deadline" type:"time" default:"5s" ours:"true" doc:"How long a worker that stops may finish what it works on, at most 10s."`
	// Soak is how long a replaced worker has to stay up before the next follows.
	Soak time.Duration `key:"soak" type:"time" default:"0s" ours:"true" doc:"How long a worker that was replaced has to stay up before the next one follows, at most 10m."`
	// RollBudget is at least 1.
	RollBudget int `key:"roll-budget" type:"int>=1" default:"1" ours:"true" doc:"How many workers may restart at the same time. One always goes on serving."`
	// MemoryMax and MemoryHigh are in bytes, 0 if they are not set.
	MemoryMax  int64 `key:"memory-max" type:"size?" ours:"true" doc:"Memory that one worker may use before it is killed and restarted, at least 16M."`
	MemoryHigh int64 `key:"memory-high" type:"size?" ours:"true" doc:"Memory beyond which a worker is slowed down and made to give some back; at least 16M and at most memory-max."`
	// CPUWeight and IOWeight are 0 if they are not set.
	CPUWeight int `key:"cpu-weight" type:"int 1..10000?" ours:"true" doc:"Share of the CPUs of each worker beside other units, systemd.resource-control(5); units have 100 otherwise."`
	IOWeight  int `key:"io-weight" type:"int 1..10000?" ours:"true" doc:"Share of the disks, likewise."`
	// TasksMax is 0 if it is not set.
	TasksMax int `key:"tasks-max" type:"int>=4?" ours:"true" doc:"How many threads and processes one worker may have."`
	// CPUAffinity is in ascending order, without repeats.
	CPUAffinity []int `key:"cpu-affinity" type:"list<int 0..8191>?" ours:"true" doc:"Numbers of the CPUs that workers may run on, counted from 0."`
	// CPUPinning gives each worker one of these.
	CPUPinning bool `key:"cpu-pinning" type:"bool" default:"false" ours:"true" doc:"Worker N runs on one CPU alone: the Nth of cpu-affinity or, without it, of those that it may use. With more workers than CPUs it starts over."`
	// Restart is "", "always", "on-failure" or "no".
	Restart string `key:"restart" type:"enum always on-failure no?" ours:"true" doc:"When systemd starts a worker again that ended by itself. It takes effect at the next boot, see below."`
}

// Component is a further process that runs beside the workers.
type Component struct {
	// Name is lower-case letters, digits and inner "-", at most 64.
	Name string
	// Kind is "core", "needed" or "dispensable".
	Kind string `key:"kind" type:"enum core needed dispensable" default:"dispensable" ours:"true" doc:"What its end means. The end of a core component takes the resolver down. A needed one does so if it cannot be started or ends within ten seconds, and is started again later on. A dispensable one is always started again."`
	// Priority orders starts: the higher, the earlier.
	Priority int `key:"priority" type:"int" default:"0" ours:"true" doc:"Components of higher priority start first: above 200 before the rules are loaded, above 100 before the workers start, otherwise after them."`
	// Command starts with an absolute path.
	Command []string `key:"command" type:"list<estr>" required:"true" ours:"true" doc:"Absolute path of the program and its arguments. It runs as the user of the workers, without a shell."`
}
