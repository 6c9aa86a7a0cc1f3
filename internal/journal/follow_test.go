// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"kresd-manager/units"
)

func TestMessagesOfTheJournal(t *testing.T) {
	for text, want := range map[string]string{
		`{"__REALTIME_TIMESTAMP":"1700000000123456","MESSAGE":"hello","PRIORITY":"4","SYSLOG_IDENTIFIER":"kresd","_PID":"42","_SYSTEMD_UNIT":"kresd@1.service"}`: "kresd@1.service kresd 42 4 hello",
		`{"__REALTIME_TIMESTAMP":"1700000000123456","MESSAGE":"Started.","_SYSTEMD_UNIT":"init.scope","UNIT":"kresd@1.service","SYSLOG_IDENTIFIER":"systemd"}`:   "kresd@1.service systemd 0 6 Started.",
		`{"__REALTIME_TIMESTAMP":"1700000000123456","MESSAGE":[104,105,255,10],"_SYSTEMD_UNIT":"u"}`:                                                             "u  0 6 hi�\n",
		`{"__REALTIME_TIMESTAMP":"1700000000123456","MESSAGE":null,"_SYSTEMD_UNIT":"u"}`:                                                                         "u  0 6 ",
	} {
		l, ok := parseLine([]byte(text))
		got := strings.Join([]string{l.Unit, l.Identifier, strconv.Itoa(l.PID), strconv.Itoa(l.Priority), l.Message}, " ")
		if !ok || got != want || !l.When.Equal(time.UnixMicro(1700000000123456)) {
			t.Errorf("%s: %q %v", text, got, l.When)
		}
	}
	for _, text := range []string{"", "{}", "[]", "null", `{"__REALTIME_TIMESTAMP":"x"}`} {
		if l, ok := parseLine([]byte(text)); ok {
			t.Errorf("%s: %+v", text, l)
		}
	}
	l, ok := parseLine([]byte(`{"__REALTIME_TIMESTAMP":"1","MESSAGE":"` + strings.Repeat("ž", maxMessage) + `"}`))
	if !ok || len(l.Message) > maxMessage+3 || !strings.HasSuffix(l.Message, "ž…") {
		t.Errorf("%d bytes", len(l.Message))
	}
}

func TestWhatIsAskedOfJournalctl(t *testing.T) {
	const always = "--quiet --no-pager --output=json --lines=7 --output-fields=MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_PID,_SYSTEMD_UNIT,UNIT,_SYSTEMD_USER_UNIT,USER_UNIT"
	for want, q := range map[string]units.LogQuery{
		" --unit=a --unit=b": {Units: []string{"a", "b"}},
		" --follow --priority=warning --since=@1700000000.250000 --user-unit=a": {
			Units: []string{"a"}, Follow: true, Priority: "warning", Since: time.UnixMicro(1700000000250000), User: true},
		" --follow --after-cursor=s=1;i=2": {Follow: true, After: "s=1;i=2", Since: time.Unix(5, 0)},
		" --since=@0.000000":               {Since: time.Unix(-5, 0)},
	} {
		q.Lines = 7
		if got := strings.Join(arguments(q), " "); got != always+want {
			t.Errorf("%+v: %s", q, got)
		}
	}
}
