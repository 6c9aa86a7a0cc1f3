// SPDX-License-Identifier: Apache-2.0

package present

import (
	"context"
	"io"
	"time"

	"kresd-manager/units"
)

// progressAfter is how long a change may take before it is shown step by step.
const progressAfter = time.Second

// mostEarly is how many events are kept until then.
const mostEarly = 1000

// Progress has a change that takes long shown step by step to whoever watches a
// terminal, until stop is called. listen calls told with each event, until the context
// ends or it fails; who cannot listen still gets the result.
func Progress(ctx context.Context, w io.Writer, listen func(ctx context.Context, told func(units.Event)) error) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	told := make(chan units.Event)
	ended := make(chan struct{})
	go func() {
		defer close(told)
		_ = listen(ctx, func(e units.Event) { told <- e })
	}()
	go func() {
		defer close(ended)
		late := time.After(progressAfter)
		var early []units.Event
		for {
			select {
			case <-late:
				late = nil
				for _, e := range early {
					_ = Event(w, e) // the result follows
				}
			case e, ok := <-told:
				switch {
				case !ok:
					return
				case late != nil && len(early) < mostEarly:
					early = append(early, e)
				case late != nil: // no one would read that many
				default:
					_ = Event(w, e) // the result follows
				}
			}
		}
	}()
	return func() { cancel(); <-ended }
}
