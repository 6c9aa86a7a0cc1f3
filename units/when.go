// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseWhen reads a moment as people write it: 2026-03-01, with or without 14:30 or
// 14:30:00 after it, 14:30 of today, now, today, yesterday, @SECONDS since 1970, or how
// long ago, as 90m, 2h, 3d or 1w, with or without ago. Dates and times are those of now's
// place.
func ParseWhen(text string, now time.Time) (time.Time, error) {
	typed := strings.ToLower(strings.TrimSpace(text))
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch typed {
	case "now":
		return now, nil
	case "today":
		return midnight, nil
	case "yesterday":
		return midnight.AddDate(0, 0, -1), nil
	}
	for _, layout := range []string{time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, typed, now.Location()); err == nil {
			return t, nil
		}
	}
	if t, err := time.Parse(time.RFC3339, strings.ToUpper(typed)); err == nil {
		return t, nil
	}
	for _, layout := range []string{time.TimeOnly, "15:04"} {
		if t, err := time.Parse(layout, typed); err == nil {
			return time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), 0, now.Location()), nil
		}
	}
	if seconds, ok := strings.CutPrefix(typed, "@"); ok {
		if n, err := strconv.ParseInt(seconds, 10, 64); err == nil {
			return time.Unix(n, 0).In(now.Location()), nil
		}
	}
	if d, ok := span(strings.TrimPrefix(strings.TrimSpace(strings.TrimSuffix(typed, "ago")), "-")); ok {
		return now.Add(-d), nil
	}
	return time.Time{}, fmt.Errorf("%q is not a time; write it as 2026-03-01, \"2026-03-01 14:30\", 14:30, yesterday, or 2h or 3d for that long ago", text)
}

// span reads a number with a unit of time, days and weeks among them.
func span(text string) (time.Duration, bool) {
	for suffix, hours := range map[string]int{"d": 24, "w": 7 * 24} {
		if number, ok := strings.CutSuffix(text, suffix); ok {
			const most = 100000
			n, err := strconv.Atoi(number)
			return time.Duration(n*hours) * time.Hour, err == nil && n >= 0 && n*hours < most*24
		}
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0
}

// Select are the changes of a history from a moment to another, by someone: the zero
// values mean all.
func (h History) Select(since, until time.Time, by string) History {
	all := h.Entries
	h.Entries = []Entry{}
	for _, e := range all {
		if !since.IsZero() && e.When.Before(since) || !until.IsZero() && e.When.After(until) || by != "" && !e.Who.By(by) {
			continue
		}
		h.Entries = append(h.Entries, e)
	}
	return h
}
