// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"time"

	"kresd-manager/internal/metrics/exposition"

	"kresd-manager/internal/config"
)

// Changes is how many changes there were since the manager started. Dry runs,
// and requests that were wrong by themselves, are none.
type Changes struct {
	Applied, Failed uint64
	// Times are how long changes took, by result.
	Times map[string]Times
}

// What Knot Resolver's own manager does not tell.
var (
	infoDesc = newDesc("info", "The version of kresd-manager; the value is 1.", "version")

	stateDesc   = newDesc("state", "1 for the overall state, 0 for the others.", "state")
	systemdDesc = newDesc("systemd_reachable", "1 if systemd tells about the units, 0 if it cannot be asked.")

	configDesc  = newDesc("configuration_info", "The running configuration: generation and ETag; the value is 1.", "generation", "etag")
	differsDesc = newDesc("configuration_differs_from_file", "1 if the running configuration is not what the file held when it was last read.")
	workersDesc = newDesc("workers", "Workers that the configuration wants.")

	changesDesc = newDesc("changes_total", "Changes of the configuration since the manager started, reloads included.", "result")
	successDesc = newDesc("last_change_success", "1 if the last change was applied, 0 if it failed.")
	whenDesc    = newDesc("last_change_timestamp_seconds", "When the last change was asked for, in seconds since 1970.")
	tookDesc    = newDesc("last_change_duration_seconds", "How long the last change took.")

	timesDesc    = newDesc("change_duration_seconds", "How long changes took from the request to their end, since the manager started.", "result")
	deadlineDesc = newDesc("confirm_deadline_timestamp_seconds", "When the change that waits to be confirmed is undone, in seconds since 1970; absent if none waits.")
	problemsDesc = newDesc("problems", "Problems in the status, by severity.", "severity")

	oomDesc = newDesc("oom_kills_total", "Processes of the workers' slice that the kernel has killed for lack of memory.")

	activeDesc   = unitDesc("active", "1 if the unit is active.")
	currentDesc  = unitDesc("current", "1 if the unit is as the configuration wants it.")
	restartsDesc = unitDesc("restarts_total", "Restarts after failures, since someone last started the unit.")
	memoryDesc   = unitDesc("memory_bytes", "Memory of the unit's cgroup or, where systemd does not account for that, of its main process.")
	killsDesc    = unitDesc("oom_kills_total", "Processes of the unit that the kernel has killed for lack of memory, as systemd (259) counts them or else the unit's cgroup, which begins anew when the unit restarts.")
	cpuDesc      = unitDesc("cpu_seconds_total", "User and system CPU time of the unit's cgroup since its process started.")
)

// states are those of units.Status.
var states = []string{"running", "degraded", "applying", "stopped", "failed", "unknown"}

func newDesc(name, help string, labels ...string) *exposition.Desc {
	return exposition.New("kresd_manager_"+name, help, labels...)
}

func unitDesc(name, help string) *exposition.Desc {
	return newDesc("unit_"+name, help, "unit", "component")
}

// collectManager sends what the manager knows of itself and of the units.
func (s Snapshot) collectManager(out *exposition.Text) {
	gauge := func(d *exposition.Desc, v float64, labels ...string) { gauge(out, d, v, labels...) }
	total := func(d *exposition.Desc, v float64, labels ...string) { total(out, d, v, labels...) }
	st := s.Status
	gauge(infoDesc, 1, st.Version)
	gauge(configDesc, 1, st.Generation, st.ETag)
	gauge(differsDesc, truth(st.FileDiffers))
	gauge(workersDesc, float64(st.Workers))
	total(changesDesc, float64(s.Changes.Applied), "applied")
	total(changesDesc, float64(s.Changes.Failed), "failed")
	for result, times := range s.Changes.Times {
		times.send(out, timesDesc, result)
	}
	if st.Waiting != nil {
		gauge(deadlineDesc, float64(st.Waiting.By.Unix()))
	}
	if last := st.LastApply; last != nil {
		gauge(successDesc, truth(last.Error == ""))
		gauge(whenDesc, float64(last.When.UnixMilli())/1000)
		gauge(tookDesc, time.Duration(last.Took).Seconds())
	}
	gauge(systemdDesc, truth(s.StatusError == nil))
	if s.StatusError != nil {
		return // nothing is known of the units
	}
	if s.OOMKills != nil {
		total(oomDesc, float64(*s.OOMKills))
	}
	for _, state := range states {
		gauge(stateDesc, truth(st.State == state), state)
	}
	count := map[string]int{config.SeverityError: 0, config.SeverityWarning: 0}
	for _, p := range st.Problems {
		count[p.Severity]++
	}
	for severity, n := range count {
		gauge(problemsDesc, float64(n), severity)
	}
	for _, u := range st.Units {
		labels := []string{u.Unit, string(u.Role)}
		gauge(activeDesc, truth(u.Active == "active"), labels...)
		gauge(currentDesc, truth(u.Current), labels...)
		total(restartsDesc, float64(u.Restarts), labels...)
		if n := u.Usage.OOMKills; n != nil {
			total(killsDesc, float64(*n), labels...)
		}
		if u.PID == 0 {
			continue
		}
		if u.Memory != 0 {
			gauge(memoryDesc, float64(u.Memory), labels...)
		}
		if cpu := time.Duration(u.Usage.CPU); cpu != 0 {
			total(cpuDesc, cpu.Seconds(), labels...)
		}
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
