// SPDX-License-Identifier: Apache-2.0

package present

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

// stages is a change from its queue to its end.
func stages() []units.ChangeStatus {
	when := time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)
	plan := &units.Plan{Steps: []units.Step{
		{N: 1, Kind: units.Try, Unit: units.Canary}, {N: 2, Kind: units.Restart, Unit: units.Worker(1)}, {N: 3, Kind: units.Restart, Unit: units.Worker(2)},
	}}
	began := func(n int) units.StepStatus {
		s := plan.Steps[n-1]
		return units.StepStatus{N: n, Kind: s.Kind, Unit: s.Unit}
	}
	done := func(n int) units.StepStatus {
		s := began(n)
		s.Done, s.Took = true, units.Seconds(1500*time.Millisecond)
		return s
	}
	failed := done(2)
	failed.Error = "it ended\nerror: boom"
	back := began(2)
	back.Restores = true
	c := units.ChangeStatus{ID: 18, Cause: "PUT /workers", Who: units.Who{User: "root", UID: new(uint32)}, When: when}
	with := func(f func(*units.ChangeStatus)) units.ChangeStatus { one := c; f(&one); return one }
	return []units.ChangeStatus{
		with(func(c *units.ChangeStatus) {
			c.State, c.Position = units.ChangeQueued, 2
			c.Behind = &units.ChangeAhead{ID: 17, Cause: "reload", Who: units.Who{User: "alice", UID: new(uint32)}, Since: when}
		}),
		with(func(c *units.ChangeStatus) { c.State, c.Position = units.ChangeQueued, 1 }),
		with(func(c *units.ChangeStatus) { c.State, c.Began = units.ChangeApplying, &when }),
		with(func(c *units.ChangeStatus) {
			c.State, c.Began, c.Plan, c.Steps = units.ChangeApplying, &when, plan, []units.StepStatus{done(1), began(2), began(3)}
		}),
		with(func(c *units.ChangeStatus) {
			c.State, c.Began, c.Plan, c.Steps = units.ChangeApplying, &when, plan, []units.StepStatus{done(1), failed, back}
			c.Restoring = &units.Plan{Steps: plan.Steps[1:2]}
		}),
	}
}

func TestTheProgressOfAChange(t *testing.T) {
	var got strings.Builder
	for _, c := range stages() {
		got.WriteString("> " + ProgressLine(c, 65*time.Second) + "\n")
		got.WriteString("= " + InProgress(c, c.When.Add(12*time.Second)) + "\n")
		for _, line := range Steps(c) {
			got.WriteString("- " + line + "\n")
		}
	}
	const want = `> change 18, 1:05 min: waits behind change 17 (reload, by alice, since 12:00:00), number 2 in the queue
= change 18 (PUT /workers, by root) waits behind change 17 (reload, by alice, since 12:00:00), number 2 in the queue
- change 18 waits behind change 17 (reload, by alice, since 12:00:00), number 2 in the queue
> change 18, 1:05 min: waits for its turn
= change 18 (PUT /workers, by root) waits for its turn
- change 18 waits for its turn
> change 18, 1:05 min: looking at what differs
= change 18 (PUT /workers, by root) is in progress for 12 s
> change 18, 1:05 min: [#####-----------] 1/3 restart kresd@1.service and 1 more
= change 18 (PUT /workers, by root) is in progress for 12 s, 1 of 3 steps done
- change 18: 1 of 3 steps: try kresd@canary.service: done in 1.50 s
> change 18, 1:05 min: failed, restoring what ran before [----------------] 0/1 restart kresd@1.service
= change 18 (PUT /workers, by root) failed, and what ran before is being restored for 12 s, 1 of 3 steps done
- change 18: 1 of 3 steps: try kresd@canary.service: done in 1.50 s
- change 18: 2 of 3 steps: restart kresd@1.service: FAILED: it ended
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}

// Where there is no terminal, each line comes once.
func TestProgressWithoutATerminal(t *testing.T) {
	var b strings.Builder
	p := NewProgress(visible.NewWriter(&b))
	for _, c := range stages() {
		p.Show(c)
		p.Show(c)
	}
	p.End()
	if n := strings.Count(b.String(), "\n"); n != 4 || strings.ContainsRune(b.String(), '\r') {
		t.Errorf("%d lines:\n%s", n, b.String())
	}
}

func TestWhatGoesOnAndWhatIsGivenUp(t *testing.T) {
	all := stages()
	for got, want := range map[string]string{
		Underway(all[0]): "change 18 waits behind change 17 (reload, by alice, since 12:00:00), number 2 in the queue; kresctl status shows it, kresctl cancel 18 gives it up\n",
		Underway(all[3]): "change 18 goes on; kresctl status shows it, kresctl cancel 18 gives it up\n",
		GivenUp(all[0]):  "change 18 (PUT /workers, by root) is given up; it had not begun\n",
		GivenUp(all[3]):  "change 18 (PUT /workers, by root) is given up; what ran before is restored\n",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
