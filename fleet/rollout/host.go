// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// State is where a host stands in a rollout.
type State string

// States.
const (
	Idle         State = "idle"         // knows of no rollout, or has not looked at it yet
	Refused      State = "refused"      // will not have the release; nothing has changed
	Planned      State = "planned"      // ready: verified, merged, validated, dry-run
	Applying     State = "applying"     // on the way to the release
	HostSoaking  State = "soaking"      // runs it, and will go back unless it proves good
	OK           State = "ok"           // keeps it
	Failed       State = "failed"       // could not apply it, and runs what it ran before
	Unhealthy    State = "unhealthy"    // was not well with it; Record.On says whether it still runs it
	Inconclusive State = "inconclusive" // no data; runs what it ran before
	GoingBack    State = "reverting"
	WentBack     State = "reverted"
	Stuck        State = "stuck"   // cannot go back
	Held         State = "held"    // an operator wants no change
	Drifted      State = "drifted" // was edited locally
	Blocked      State = "blocked" // a local change waits to be confirmed, or the like
)

// States are all of them.
var States = []State{Idle, Refused, Planned, Applying, HostSoaking, OK, Failed, Unhealthy, Inconclusive, GoingBack, WentBack, Stuck, Held, Drifted, Blocked}

// Host is what a host tells of itself. It is its own only witness, and only its own: what
// it says moves no other host ahead of its turn.
type Host struct {
	Format int    `json:"format"`
	ID     string `json:"id"`
	Tags   Tags   `json:"tags,omitempty"`
	// Rollout is the one that Rank, State and Reason are about; 0 is none.
	Rollout int    `json:"rollout,omitempty"`
	Rank    Rank   `json:"rank,omitempty"`
	State   State  `json:"state"`
	Reason  string `json:"reason,omitempty"`
	// On is that it runs the release of the rollout, and Tried that it has.
	On    bool `json:"on,omitempty"`
	Tried bool `json:"tried,omitempty"`
	// Release is the one that it keeps, "" is none; Sequence is that of the newest it has
	// had.
	Release  string `json:"release,omitempty"`
	Sequence uint64 `json:"sequence,omitempty"`
	// Drift are keys of its release that were edited locally.
	Drift []string `json:"drift,omitempty"`
	// Plan is the SHA-256 of what the dry run would do.
	Plan    string `json:"plan,omitempty"`
	Version string `json:"version,omitempty"` // of kres-fleet
	Since   string `json:"since,omitempty"`   // RFC 3339, by its own clock: for people only

	// Told is what it told last, where State is [Held] because an operator holds it.
	Told State `json:"-"`
	// Revision is that of the store when it told this, and Alive that it is there.
	Revision int64 `json:"-"`
	Alive    bool  `json:"-"`
}

const maxHost = 16 << 10

// ParseHost reads what a host with this ID tells of itself.
func ParseHost(id string, text []byte) (h Host, err error) {
	if len(text) > maxHost {
		return h, fmt.Errorf("the state of host %s has %d bytes, more than %d", id, len(text), maxHost)
	}
	d := json.NewDecoder(bytes.NewReader(text)) // newer agents may tell more
	if err := d.Decode(&h); err != nil {
		return Host{}, fmt.Errorf("cannot read the state of host %s: %w", id, err)
	}
	if h.Format != Format || h.ID != id || !slices.Contains(States, h.State) || h.Rank != "" && !h.Rank.valid() {
		return Host{}, fmt.Errorf("cannot use the state of host %s", id)
	}
	return h, nil
}

// Text is it as the store has it.
func (h Host) Text() []byte {
	b, err := json.Marshal(h)
	if err != nil { // it has nothing that cannot be written
		panic(err)
	}
	return b
}

// InFlight reports whether a host is there, and between start and proof.
func (h Host) InFlight() bool { return h.Alive && h.inFlight() }

// inFlight reports whether a host is between start and proof.
func (h Host) inFlight() bool {
	return h.State == Applying || h.State == HostSoaking || h.State == GoingBack
}

// failed reports whether it speaks against the release.
func (h Host) failed() bool {
	return h.State == Refused || h.State == Failed || h.State == Unhealthy || h.State == Stuck
}

// out reports whether nothing is expected of it.
func (h Host) out() bool { return h.State == Held || h.State == Drifted || h.State == Blocked }

// Settled reports whether a host that is held from now on stays what it is: it says how
// the rollout ended there.
func (s State) Settled(on bool) bool {
	return on || s == Refused || s == Failed || s == Unhealthy || s == WentBack || s == Stuck
}
