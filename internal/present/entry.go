// SPDX-License-Identifier: Apache-2.0

package present

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"kresd-manager/api/wire"
)

// Entry writes one change, with all that differed.
func Entry(w io.Writer, e wire.HistoryEntry, now time.Time) error {
	table := NewTable(w)
	line := func(name, value string) {
		if value != "" {
			table.Row(name, value)
		}
	}
	moment := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.In(now.Location()).Format(time.DateTime)
	}
	line("change", strconv.Itoa(e.ID))
	line("when", moment(&e.When))
	who := e.Who.String()
	switch {
	case e.Who.UID == nil || e.Who.User == "":
	case e.Who.LoginUID != nil && *e.Who.LoginUID != *e.Who.UID:
		who += fmt.Sprintf(", uid %d as uid %d", *e.Who.LoginUID, *e.Who.UID)
	default:
		who += fmt.Sprintf(" (uid %d)", *e.Who.UID)
	}
	line("who", who)
	line("request", e.Who.Request)
	line("what", e.Cause)
	line("comment", e.Comment)
	line("generation", e.Generation)
	line("etag", e.ETag)
	outcome := e.Outcome
	if e.Running {
		outcome += ", runs"
	}
	line("outcome", outcome)
	for i, part := range strings.Split(e.Error, "\n") {
		if i == 0 {
			line("error", part)
		} else {
			table.Row("", part)
		}
	}
	line("confirm by", moment(e.ConfirmBy))
	if e.Confirmed != nil && e.ConfirmedBy != nil {
		line("confirmed", moment(e.Confirmed)+" by "+e.ConfirmedBy.String())
	}
	line("cannot return", e.Missing)
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprint(w, "\n"+cmp.Or(e.Diff.String(), "nothing differs\n"))
	return err
}
