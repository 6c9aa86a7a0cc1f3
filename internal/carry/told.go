// SPDX-License-Identifier: Apache-2.0

package carry

import (
	"errors"
	"fmt"
	"time"

	"kresd-manager/internal/message"
	"kresd-manager/units"
)

// past is what was done to a unit, for people.
func past(s units.Step) string {
	switch s.Kind {
	case units.Set:
		return "set limits of " + s.Unit
	case units.Try:
		return "tried the configuration with " + s.Unit
	case units.Load:
		return "loaded the rules with " + s.Unit
	case units.Reset:
		return s.Unit + " has taken the new rules"
	case units.Renew:
		return s.Unit + " has read its certificate again"
	case units.Start:
		return "started " + s.Unit
	case units.Restart:
		return "restarted " + s.Unit
	case units.Stop:
		return "stopped " + s.Unit
	}
	return string(s.Kind) + " " + s.Unit
}

// told logs what came of a step.
func (c run) told(s units.Step, took time.Duration, err error) {
	about := message.About{Kind: message.StepDone, Unit: s.Unit, Step: string(s.Kind), Generation: c.want.Generation}
	in := took.Round(time.Millisecond)
	if err == nil {
		c.log.Info(fmt.Sprintf("%s in %s (%s)", past(s), in, s.Cause), about.Attr())
		return
	}
	about.Kind = message.StepFailed
	text := err.Error()
	var step *units.StepError
	if errors.As(err, &step) {
		text = step.Message() // its log is told with the change
	}
	c.log.Warn(fmt.Sprintf("%s, after %s", text, in), about.Attr())
}
