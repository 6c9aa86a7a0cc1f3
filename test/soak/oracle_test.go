// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kresd-manager/units"
)

// told is what the API says.
type told struct {
	units.Status
	config inForce
}

// inForce is what the oracle has to know of the configuration in force.
type inForce struct {
	LocalData struct {
		Addresses map[string]string `json:"addresses"`
	} `json:"local-data"`
}

// get asks the API for JSON.
func get(path string, result any) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	a, err := sut.Request(ctx, "GET", path, "", "Accept", "application/json")
	if err != nil {
		return err
	}
	if a.Code != 200 {
		return fmt.Errorf("GET %s: %d %s", path, a.Code, a.Body)
	}
	return json.Unmarshal([]byte(a.Body), result)
}

func listen() (told, error) {
	var t told
	if err := get("/v1/status", &t.Status); err != nil {
		return t, err
	}
	return t, get("/v1/config", &t.config)
}

// lies compares what is there with what the status says, and returns in words what
// differs. While something is going on, that is a difference, too: whoever asks comes
// again.
func lies() []string {
	if j := jobs(); j != "" {
		return []string{"systemd has jobs: " + j}
	}
	before, err := look()
	if err != nil {
		return []string{err.Error()}
	}
	switch m := before[units.Manager]; m.active {
	case "inactive", "failed":
		// No one is there to tell anything but systemctl, which does.
		return nil
	case "active":
		if !there() {
			// No one can reach it: systemctl status has it.
			if strings.Contains(m.text, "socket") {
				return nil
			}
			return []string{fmt.Sprintf("the API socket is gone, and systemctl status says %q", m.text)}
		}
	default:
		return []string{"the manager is " + m.active}
	}
	t, err := listen()
	if err != nil {
		return []string{"the manager is active, and its API does not answer: " + err.Error()}
	}
	if t.State == "applying" || t.Waiting != nil {
		return []string{"a change is in progress, or waits to be confirmed"}
	}
	all := t.units(before)
	wrong := t.wrong(before)
	all = append(all, t.word(before, wrong)...)
	after, err := look()
	if err == nil {
		delete(before, units.Manager) // its text reports changes
		delete(after, units.Manager)
	}
	if err != nil || !maps.Equal(before, after) {
		return []string{fmt.Sprintf("units come and go: %v, now %v (%v)", before, after, err)}
	}
	return all
}

// units compares what is said of each unit with what systemd says.
func (t told) units(there reality) (lies []string) {
	lie := func(unit, format string, args ...any) {
		lies = append(lies, unit+": "+fmt.Sprintf(format, args...))
	}
	said := map[string]units.UnitStatus{}
	for _, u := range t.Units {
		said[u.Unit] = u
	}
	for unit, r := range there {
		if _, ok := units.RoleOf(unit); !ok {
			continue
		}
		u, ok := said[unit]
		if !ok {
			n, worker := units.WorkerNumber(unit)
			if gone := worker && n > t.Workers; r.active != "inactive" && !(gone && r.active == "failed") {
				lie(unit, "is %s and not in the status", r.active)
			}
			continue
		}
		if u.Active != r.active || u.Sub != r.sub || u.PID != r.pid {
			lie(unit, "is %s (%s), process %d, and the status says %s (%s), %d", r.active, r.sub, r.pid, u.Active, u.Sub, u.PID)
		}
		if masked := r.load == "masked"; u.Masked != masked {
			lie(unit, "masked is %t, and the status says %t", masked, u.Masked)
		}
		if u.Frozen != r.frozen {
			lie(unit, "frozen is %t, and the status says %t", r.frozen, u.Frozen)
		}
		if hash, ok := strings.CutPrefix(r.text, "config "); ok && r.active == "active" && u.Config != hash {
			lie(unit, "runs configuration %s, and the status says %s", hash, u.Config)
		}
	}
	return lies
}

// outOfReach is what is said of a unit that is stuck.
const outOfReach = " is stuck"

// wrong returns why not all is well, judged by what clients and neighbours notice.
func (t told) wrong(there reality) (why []string) {
	no := func(format string, args ...any) { why = append(why, fmt.Sprintf(format, args...)) }
	texts := map[string]bool{}
	for n := 1; n <= most; n++ {
		unit := units.Worker(n)
		r := there[unit]
		switch {
		case n > t.Workers:
			if r.active == "active" {
				no("%s is one too many", unit)
			}
			continue
		case r.stuck():
			no("%s%s", unit, outOfReach)
			continue
		case r.active != "active":
			no("%s is %s", unit, r.active)
			continue
		case r.frozen:
			no("%s is frozen", unit)
			continue
		}
		texts[r.text] = true
		if pid, err := control(n); err != nil {
			no("%s does not answer on its control socket: %v", unit, err)
		} else if pid != r.pid {
			no("process %d answers on the control socket of %s, which is %d", pid, unit, r.pid)
		}
	}
	if len(texts) > 1 {
		no("the workers run several configurations: %v", slices.Sorted(maps.Keys(texts)))
	}
	if r := there[units.PolicyLoader]; r.active != "active" {
		no("%s is %s", units.PolicyLoader, r.active)
	}
	if r := there[units.CacheGC]; r.active != "active" {
		no("%s is %s", units.CacheGC, r.active)
	} else if r.frozen {
		no("%s is frozen", units.CacheGC)
	}
	if there[units.CacheGC].stuck() {
		why[len(why)-1] = units.CacheGC + outOfReach
	}
	for name, address := range t.config.LocalData.Addresses {
		if got := answers(name + "."); len(got) != 1 || got[address] == 0 {
			no("%s is %s, and clients get %v", name, address, got)
		}
	}
	for _, in := range t.Inputs {
		if in.State != units.InputCurrent {
			continue
		}
		switch {
		case strings.HasSuffix(in.Path, "/list.rpz"):
			text := ask("cat " + in.Path).Stdout
			if got := answers("listed.example."); len(got) != 1 || !strings.Contains(text, "A "+slices.Collect(maps.Keys(got))[0]+"\n") {
				no("%s is in force and has\n%sand clients get %v", in.Path, text, got)
			}
		case strings.HasSuffix(in.Path, "/tls.pem"):
			name := strings.TrimSpace(ask("openssl x509 -noout -subject -nameopt multiline <" + in.Path + " | sed -n 's/.*commonName *= //p'").Stdout)
			if got := served(); len(got) != 1 || got[name] == 0 {
				no("%s is in force and is that of %s, and clients see %v", in.Path, name, got)
			}
		}
	}
	return why
}

// word compares the one word of the state with all that.
func (t told) word(there reality, wrong []string) []string {
	off := there[units.Target].active != "active"
	runs := slices.ContainsFunc(slices.Collect(maps.Keys(there)), func(unit string) bool {
		_, worker := units.WorkerNumber(unit)
		return worker && there[unit].active == "active"
	})
	switch {
	case t.State == "stopped" && (!off || runs):
		return []string{"it is said to be stopped, and the target is active, or workers run"}
	case off && !runs && t.State != "stopped":
		return []string{"the target is stopped, and it is said to be " + t.State}
	case t.State == "running" && len(wrong) > 0:
		return []string{"it is said to be running, and " + strings.Join(wrong, "; ")}
	case t.State == "degraded" && len(wrong) == 0 && !off && len(t.faults()) == 0:
		return []string{"it is said to be degraded, and all is well"}
	case t.State == "failed":
		return []string{"it is said to have failed: " + t.Down}
	}
	return nil
}

// faults are units that the status does not call as they should be.
func (t told) faults() (all []string) {
	for _, u := range t.Units {
		if !u.Current {
			all = append(all, u.Unit)
		}
	}
	return all
}
