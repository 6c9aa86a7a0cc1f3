// SPDX-License-Identifier: Apache-2.0

package present

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/units"
)

// A change is shown step by step only if it takes long, and then from its beginning.
func TestProgressOfWhatTakesLongIsShown(t *testing.T) {
	for name, c := range map[string]struct {
		lasts time.Duration
		told  int // lines
	}{"a quick one": {progressAfter / 2, 0}, "a slow one": {2 * progressAfter, 3}} {
		synctest.Test(t, func(t *testing.T) {
			var b strings.Builder
			stop := Progress(t.Context(), &b, func(ctx context.Context, told func(units.Event)) error {
				told(units.Event{Kind: units.EventBegin})
				told(units.Event{Kind: units.EventRestore})
				select {
				case <-time.After(progressAfter + progressAfter/2):
					told(units.Event{Kind: units.EventRepair})
				case <-ctx.Done():
				}
				<-ctx.Done()
				return nil
			})
			time.Sleep(c.lasts)
			stop()
			if got := strings.Count(b.String(), "\n"); got != c.told {
				t.Errorf("%s: %d lines are told, want %d:\n%s", name, got, c.told, b.String())
			}
		})
	}
}

func TestWhoCannotListenStillGetsTheResult(t *testing.T) {
	var b strings.Builder
	stop := Progress(t.Context(), &b, func(context.Context, func(units.Event)) error { return errors.New("no") })
	if stop(); b.Len() > 0 {
		t.Errorf("it says %q", b.String())
	}
}
