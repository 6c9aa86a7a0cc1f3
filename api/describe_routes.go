// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"slices"

	"kresd-manager/api/openapi"
	"kresd-manager/api/wire"
	"kresd-manager/internal/doctor"
	"kresd-manager/internal/sampler"
	"kresd-manager/internal/top"
	"kresd-manager/units"
)

// descriptions says what the routes are for, by method and path of the table. HEAD is
// like GET.
func descriptions() map[string]description {
	pointer := inPath("pointer", "A JSON pointer (RFC 6901) without its first slash. It may have slashes, which separate its tokens.", someText)
	changed := reported()
	changed.Headers = []string{etagField}
	changesConfig := slices.Concat(changes, readsBody)
	id := inPath("id", "Number of a change, as in /v1/history.", number)
	canceled := description{tag: tagChange, parameters: []openapi.Parameter{id}, bad: []int{http.StatusNotFound, http.StatusConflict},
		good: []openapi.Answer{{Status: http.StatusAccepted, Text: "It is given up.", Content: []openapi.Media{plainText, media("application/json", of[wire.Change]())}}}}
	again := description{tag: tagService, parameters: termsOf(), good: []openapi.Answer{reported(), goesOn()}, bad: changes}
	summary := func(d description, s string) description { d.summary = s; return d }
	page := []openapi.Answer{ok("A page.", media("text/html", nil))}
	json := func(s openapi.Schema) []openapi.Answer {
		return []openapi.Answer{ok("As described.", media("application/json", s))}
	}
	negotiated := func(s openapi.Schema) []openapi.Answer {
		return []openapi.Answer{ok("As described.", inAllFormats(s)...)}
	}
	processes := description{tag: tagState, summary: "Running processes, in the form of Knot Resolver's own manager", good: json(of[[]wire.Process]()),
		parameters: []openapi.Parameter{inPath("kind", "all, kresd or gc.", openapi.Schema{"type": "string", "enum": []string{"", "all", "kresd", "gc"}})}}
	const config = configPath + "{pointer:(?s:/.*)?}"
	explain := description{tag: tagConfig, summary: "What keys mean: type, default, documentation and effect",
		parameters: []openapi.Parameter{pointer, query("search", "Keys that have this word in their pointer or documentation.", someText)},
		good:       negotiated(of[wire.Keys]()), bad: slices.Concat(negotiate, []int{http.StatusNotFound})}
	itself := description{tag: tagAbout, summary: "This description, in OpenAPI 3.1", good: json(openapi.Schema{"type": "object"})}
	return map[string]description{
		"GET " + config: {tag: tagConfig, summary: "The running configuration, or a part of it", parameters: slices.Concat([]openapi.Parameter{pointer}, conditions()),
			text: "As it was written: without defaults, and null for a key that is not set. Secrets are shown to the role configure only.",
			good: []openapi.Answer{
				{Status: http.StatusOK, Text: "The value.", Headers: []string{etagField}, Content: inAllFormats(configSchema)},
				{Status: http.StatusNotModified, Text: "The caller has it.", Headers: []string{etagField}},
			},
			bad: slices.Concat(negotiate, []int{http.StatusNotFound, http.StatusPreconditionFailed})},
		"PUT " + config: {tag: tagConfig, summary: "Replace or create a part", parameters: termsOf(pointer, query("keep-text", "Keep the body as it was written, comments included, for kresctl config save: the tag of the file in /v1/files that it was made from. For the whole configuration, and a text of at most 1 MiB.", someText)), body: value("The value."),
			text: "A pointer that ends in - appends to a list; missing parents are created.", good: []openapi.Answer{changed, goesOn()}, bad: changesConfig},
		"PATCH " + config: {tag: tagConfig, summary: "Apply a JSON Patch (RFC 6902) to a part", parameters: termsOf(pointer),
			body: &openapi.Body{Text: "The patch.", Required: true, Content: []openapi.Media{
				media("application/json-patch+json", openapi.Schema{"type": "array"}), media("application/json", openapi.Schema{"type": "array"})}},
			good: []openapi.Answer{changed, goesOn()}, bad: changesConfig},
		"DELETE " + config:                           {tag: tagConfig, summary: "Remove a part", parameters: termsOf(pointer), good: []openapi.Answer{changed, goesOn()}, bad: changes},
		"GET " + explainPath + "{pointer:(?s:/.*)?}": explain,

		"GET /": {tag: tagState, summary: "Whether the manager answers, and its state",
			good: json(openapi.Schema{"type": "object", "required": []string{"msg", "status"}, "properties": map[string]any{"msg": someText, "status": someText}})},
		"GET /v1/status": {tag: tagState, summary: "State of everything", good: negotiated(of[units.Status]()), bad: negotiate},
		"GET /v1/units":  {tag: tagState, summary: "The units with their states", good: negotiated(of[[]units.UnitStatus]()), bad: negotiate},
		"GET /v1/plan":   {tag: tagService, summary: "What a reload would do", good: json(of[units.Report]()), bad: changes},
		"GET /v1/events": {tag: tagState, summary: "What happens from now on, as server-sent events",
			text:       "With Last-Event-ID the events since that one come first. An event gap says that some of it is no longer known; ending, that the manager ends, with restart if another one follows at once.",
			parameters: []openapi.Parameter{{In: "header", Name: "Last-Event-ID", Text: "The id of the last event that was seen.", Schema: someText}},
			good:       []openapi.Answer{ok("Events.", stream(openapi.Schema{"anyOf": []openapi.Schema{of[units.Event](), of[wire.Ending]()}})...)}},
		"GET /v1/logs": {tag: tagState, summary: "What the units say, from the journal, as server-sent events", parameters: []openapi.Parameter{
			{In: "query", Name: "unit", Text: "A unit; may come several times. Without it, all and the manager.", Schema: someText, Repeat: true},
			query("lines", "How many messages of the past, at most.", openapi.Schema{"type": "integer", "minimum": 0, "maximum": maxLogLines, "default": someLogLines}),
			query("follow", "0: end after the messages of the past.", truth),
			query("priority", "Messages that are at least this urgent: emerg, alert, crit, err, warning, notice, info, debug, or 0 to 7.", someText),
			query("since", "Messages from this time on: RFC 3339, or a time ago such as 10m, 2h or 3d.", someText),
			{In: "header", Name: "Last-Event-ID", Text: "The id of the last message that was seen; those after it come.", Schema: someText},
		}, good: []openapi.Answer{ok("Messages.", stream(openapi.Schema{"anyOf": []openapi.Schema{of[units.LogLine](), of[wire.Ending](), of[wire.Problem]()}})...)},
			bad: []int{http.StatusNotFound}},
		"GET /v1/history":      {tag: tagChange, summary: "What was changed, newest first", good: negotiated(of[units.History]()), bad: negotiate},
		"GET /v1/history/{id}": {tag: tagChange, summary: "One change, with its configuration", parameters: []openapi.Parameter{id}, good: negotiated(of[wire.HistoryEntry]()), bad: slices.Concat(negotiate, []int{http.StatusNotFound})},
		"GET /v1/history/{id}/diff": {tag: tagChange, summary: "How the configurations of two changes differ, without secrets",
			parameters: []openapi.Parameter{id, query("from", "The other change.", number)}, good: json(of[wire.Comparison]()), bad: []int{http.StatusNotFound}},
		"GET /v1/doctor": {tag: tagState, summary: "What is wrong with the installation, as the manager sees it, and what to type", good: json(of[doctor.Report]()), bad: []int{http.StatusNotFound},
			text: "As kresctl doctor, which sees more as root. It is examined at most every 30 seconds. 404 where there is no installation: for a manager of a user."},
		"GET /v1/files":          {tag: tagConfig, summary: "The configuration files as they are, with comments and secrets, and as they would say what runs", good: json(of[wire.Files]())},
		"POST /v1/rollback":      {tag: tagChange, summary: "Go back to what ran before the last change", parameters: termsOf(), good: []openapi.Answer{reported(), goesOn()}, bad: changes},
		"POST /v1/rollback/{id}": {tag: tagChange, summary: "Go back to the configuration of an earlier change", parameters: termsOf(id), good: []openapi.Answer{reported(), goesOn()}, bad: changes},
		"POST /v1/confirm": {tag: tagChange, summary: "Keep the change that waits to be confirmed", text: answersAtTheEnd, bad: []int{http.StatusConflict},
			good: []openapi.Answer{ok("It stays.", plainText, media("application/json", of[units.Entry]()))}},
		"POST /v1/cancel":      summary(canceled, "Give up the change in progress"),
		"POST /v1/cancel/{id}": summary(canceled, "Give up a change that is in progress or waits"),
		"GET " + changesPath:   {tag: tagChange, summary: "The changes in progress, those that wait, and those that have just ended", good: json(of[wire.Changes]())},
		"GET " + changesPath + "/{id}": {tag: tagChange, summary: "How far a change is", bad: []int{http.StatusNotFound},
			parameters: []openapi.Parameter{id, query("wait", "Answer when the change has ended, at the latest after this time: 30s, 2m, at most 10m.", someText),
				{In: "header", Name: "If-None-Match", Text: "With wait: also answer as soon as something has happened since this ETag.", Schema: someText}},
			good: []openapi.Answer{
				{Status: http.StatusOK, Text: "The change.", Headers: []string{etagField}, Content: []openapi.Media{media("application/json", of[wire.Change]())}},
				{Status: http.StatusNotModified, Text: "The caller has it.", Headers: []string{etagField}},
			}},

		"GET /schema":          {tag: tagAbout, summary: "JSON schema of the configuration", good: json(openapi.Schema{"type": "object"})},
		"GET /schema/ui":       {tag: tagAbout, summary: "The keys of the configuration, as a page", good: page},
		"GET /api":             {tag: tagAbout, summary: "This description, as a page", good: page},
		"GET /openapi.json":    itself,
		"GET /v1/openapi.json": itself,

		"GET /processes":                processes,
		"GET /processes/{kind:(?s:.*)}": processes,
		"GET /metrics": {tag: tagMetrics, summary: "Redirects to /metrics/json",
			good: []openapi.Answer{{Status: http.StatusMovedPermanently, Text: "Look there.", Headers: []string{"Location"}, Content: []openapi.Media{plainText}}}},
		"GET /metrics/json": {tag: tagMetrics, summary: "What every worker counts; null for one that did not answer",
			good: json(openapi.Schema{"type": "object", "additionalProperties": openapi.Schema{"type": []string{"object", "null"}}})},
		"GET /v1/metrics/stream": {tag: tagMetrics, summary: "What the workers do, every two seconds, as server-sent events",
			text: "First comes an event history, with the last 15 minutes as far as someone listened, then an event sample for each interval. Nothing is read while no one listens.",
			good: []openapi.Answer{ok("Samples.", stream(openapi.Schema{"anyOf": []openapi.Schema{of[top.Sample](), of[sampler.History](), of[wire.Ending]()}})...)}},
		"GET /metrics/prometheus": {tag: tagMetrics, summary: "The same, with units and changes, for Prometheus", good: []openapi.Answer{ok("Metrics.", plainText)}},

		"POST /reload":       summary(again, "Read the files again and apply them"),
		"POST /reload/force": summary(again, "The same, and restart everything"),
		"POST /renew":        summary(again, "Apply the running configuration again, with what its files hold now"),
		"POST /renew/force":  summary(again, "The same, and restart everything"),
		"POST /v1/restart": {tag: tagService, summary: "Restart workers and other units, one after another",
			parameters: termsOf(openapi.Parameter{In: "query", Name: "unit", Text: "A unit, such as kresd@1.service or 1; may come several times. Without it, all workers.", Schema: someText, Repeat: true}),
			good:       []openapi.Answer{reported(), goesOn()}, bad: changes},
		"POST /v1/trace": {tag: tagState, summary: "Have a worker resolve a name, and say how", text: answersAtTheEnd,
			body: &openapi.Body{Text: "What to resolve.", Required: true, Content: []openapi.Media{media("application/json", of[wire.Trace]()), media("application/yaml", of[wire.Trace]())}},
			good: json(of[units.Trace]()), bad: slices.Concat(readsBody, []int{http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity})},
		"GET /v1/cache":     {tag: tagCache, summary: "How full the cache is", good: json(of[units.CacheStatistics]())},
		"GET /v1/version":   {tag: tagState, summary: "Versions of what runs", good: json(of[units.Versions]())},
		"GET /v1/upstreams": {tag: tagMetrics, summary: "Round-trip times and timeouts of upstream servers", good: json(of[units.Upstreams]())},
		"POST /stop":        {tag: tagService, summary: "Stop all workers, the manager and its socket", text: answersAtTheEnd, good: []openapi.Answer{ok("They have stopped.", plainText)}, bad: []int{http.StatusConflict}},
		"POST /cache/clear": {tag: tagCache, summary: "Clear the cache, or a part of it", text: answersAtTheEnd,
			body: &openapi.Body{Text: "What to clear; {} is everything.", Required: true, Content: []openapi.Media{media("application/json", of[wire.CacheClear]()), media("application/yaml", of[wire.CacheClear]())}},
			good: json(openapi.Schema{"type": "object"}), bad: slices.Concat(readsBody, []int{http.StatusUnprocessableEntity})},
		"GET " + sessionPath: {tag: tagSession, summary: "Who asks, and what they may do", good: json(of[wire.Session]())},
		"POST " + sessionPath: {tag: tagSession, summary: "Log in to the pages with a token, or with the code of a link",
			text: "The answer has a cookie, with which requests of the pages have the role of the token, for as long as it gives one. A session ends 12 hours after its last request.",
			body: &openapi.Body{Text: "One of the two.", Required: true, Content: []openapi.Media{media("application/json", of[wire.LogIn]())}},
			good: json(of[wire.Session]()), bad: readsBody},
		"DELETE " + sessionPath: {tag: tagSession, summary: "Log out", good: []openapi.Answer{{Status: http.StatusNoContent, Text: "The session has ended."}}},
		"POST " + sessionPath + "/link": {tag: tagSession, summary: "Make a link that logs in to the pages once, as who asks", text: answersAtTheEnd,
			good: json(of[wire.SessionLink]()), bad: []int{http.StatusConflict}},
		"GET " + pagesPath: {tag: tagAbout, summary: "Redirects to the pages",
			good: []openapi.Answer{{Status: http.StatusMovedPermanently, Text: "Look there.", Headers: []string{"Location"}, Content: []openapi.Media{plainText}}}},
		"GET " + pagesPath + "/{file:(?s:.*)}": {tag: tagAbout, summary: "A file of the pages for browsers; without a name, the page itself",
			parameters: []openapi.Parameter{inPath("file", "Such as index.html.", someText)},
			good: []openapi.Answer{
				{Status: http.StatusOK, Text: "The file.", Headers: []string{etagField}, Any: true},
				{Status: http.StatusNotModified, Text: "The caller has it.", Headers: []string{etagField}}}, bad: []int{http.StatusNotFound}},
		"POST " + violationPath: {tag: tagAbout, summary: "Log that a page broke its Content-Security-Policy; browsers send it",
			body: &openapi.Body{Text: "The report (CSP Level 3 section 5.3).", Required: true, Content: []openapi.Media{media("application/csp-report", openapi.Schema{"type": "object"})}},
			good: []openapi.Answer{{Status: http.StatusNoContent, Text: "It is logged."}}, bad: readsBody},
		"GET " + profilePath + "{profile:.*}": {tag: tagService, summary: "Profiles of the manager, if /management/pprof is true",
			parameters: []openapi.Parameter{inPath("profile", "Such as heap or goroutine.", someText)},
			good:       []openapi.Answer{{Status: http.StatusOK, Text: "A profile.", Any: true}}, bad: []int{http.StatusNotFound}},
	}
}
