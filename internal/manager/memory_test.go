// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/internal/manager"
)

// Memory is given back a second after the last change, once, and not in the middle of changes.
func TestMemoryIsGivenBackWhenNothingWasDoneForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said strings.Builder
		w := newWorld(t, basic)
		p := w.start(func(o *manager.Options) {
			o.Busy = func() { said.WriteString("busy ") }
			o.Quiet = func() { said.WriteString("quiet ") }
		})
		for _, step := range []struct {
			what string
			wait time.Duration
			want string
		}{
			{"the start", 2 * time.Second, "busy quiet "},
			{"a change", 900 * time.Millisecond, "busy "},
			{"another", 900 * time.Millisecond, "busy "},
			{"the last", time.Hour, "busy quiet "},
		} {
			if step.what != "the start" {
				p.change(t, "/nsid", `"`+step.what+`"`)
			}
			time.Sleep(step.wait)
			synctest.Wait()
			if said.String() != step.want {
				t.Errorf("after %s: %q, want %q", step.what, said.String(), step.want)
			}
			said.Reset()
		}
	})
}
