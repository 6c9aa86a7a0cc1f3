// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"kresd-manager/units"
)

// maxMessage is what is shown of a message, in bytes. The journal takes longer
// ones from services, and core dumps with megabytes.
const maxMessage = 32 << 10

// Follow calls told with messages, oldest first, until there are no more, which
// never happens while it follows, or the context ends, which is no error.
func Follow(ctx context.Context, q units.LogQuery, told func(units.LogLine)) error {
	cmd := exec.CommandContext(ctx, "journalctl", arguments(q)...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("cannot read the journal: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot read the journal: %w", err)
	}
	in := bufio.NewReader(out)
	for {
		text, err := in.ReadBytes('\n')
		if len(text) > 0 {
			if line, ok := parseLine(text); ok {
				told(line)
			}
		}
		if err != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("cannot read the journal: %w", errors.Join(err, errors.New(strings.TrimSpace(complaint.String()))))
	}
	return nil
}

// arguments are those of journalctl(1) for a query.
func arguments(q units.LogQuery) []string {
	args := []string{"--quiet", "--no-pager", "--output=json", "--lines=" + strconv.Itoa(q.Lines),
		"--output-fields=MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_PID,_SYSTEMD_UNIT,UNIT,_SYSTEMD_USER_UNIT,USER_UNIT"}
	if q.Follow {
		args = append(args, "--follow")
	}
	if q.Priority != "" {
		args = append(args, "--priority="+q.Priority)
	}
	switch {
	case q.After != "":
		args = append(args, "--after-cursor="+q.After)
	case !q.Since.IsZero():
		args = append(args, sinceArgument(q.Since))
	}
	option := "--unit="
	if q.User {
		option = "--user-unit="
	}
	for _, unit := range q.Units {
		args = append(args, option+unit)
	}
	return args
}

// entry is a message as journalctl(1) has it in JSON.
type entry struct {
	Cursor     string          `json:"__CURSOR"`
	Time       string          `json:"__REALTIME_TIMESTAMP"` // microseconds
	Message    json.RawMessage `json:"MESSAGE"`              // a string, bytes as numbers, or null
	Priority   string          `json:"PRIORITY"`
	Identifier string          `json:"SYSLOG_IDENTIFIER"`
	PID        string          `json:"_PID"`
	Unit       string          `json:"_SYSTEMD_UNIT"` // that wrote it
	About      string          `json:"UNIT"`          // that it is about, of systemd's own messages
	UserUnit   string          `json:"_SYSTEMD_USER_UNIT"`
	UserAbout  string          `json:"USER_UNIT"`
}

func parseLine(text []byte) (line units.LogLine, ok bool) {
	var e entry
	if json.Unmarshal(text, &e) != nil {
		return line, false // a field that is there several times, which ours are not
	}
	usec, err := strconv.ParseInt(e.Time, 10, 64)
	if err != nil {
		return line, false
	}
	line = units.LogLine{When: time.UnixMicro(usec), Identifier: e.Identifier, Priority: 6, Cursor: e.Cursor}
	for _, unit := range []string{e.UserAbout, e.About, e.UserUnit, e.Unit} {
		if unit != "" {
			line.Unit = unit
			break
		}
	}
	if n, err := strconv.Atoi(e.PID); err == nil {
		line.PID = n
	}
	if n, err := strconv.Atoi(e.Priority); err == nil {
		line.Priority = n
	}
	var message string
	var raw byteList
	if json.Unmarshal(e.Message, &message) != nil && json.Unmarshal(e.Message, &raw) == nil {
		message = strings.ToValidUTF8(string(raw), "�")
	}
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	line.Message = message
	return line, true
}

// byteList is bytes that are a list of numbers in JSON.
type byteList []uint8

// UnmarshalJSON reads numbers, where package json would want base64.
func (b *byteList) UnmarshalJSON(text []byte) error {
	var numbers []int
	if err := json.Unmarshal(text, &numbers); err != nil {
		return err
	}
	for _, n := range numbers {
		*b = append(*b, byte(n))
	}
	return nil
}
