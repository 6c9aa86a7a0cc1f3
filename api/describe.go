// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"kresd-manager/api/openapi"
	"kresd-manager/api/wire"
	"kresd-manager/internal/config"
	"kresd-manager/internal/doctor"
	"kresd-manager/internal/sampler"
	"kresd-manager/internal/top"
	"kresd-manager/units"
)

// description says of a route what the table does not. What all routes have alike is
// added by describe.
type description struct {
	tag, summary, text string
	parameters         []openapi.Parameter
	body               *openapi.Body
	good               []openapi.Answer
	bad                []int // statuses of refusals, besides those that any route has
}

// Tags of the routes, in the order of the document.
const (
	tagConfig  = "configuration"
	tagChange  = "changes"
	tagState   = "state"
	tagService = "service"
	tagCache   = "cache"
	tagMetrics = "metrics"
	tagSession = "session"
	tagAbout   = "description"
)

// tags are the tags with what they are about.
var tags = [][2]string{
	{tagConfig, "The running configuration, by JSON pointer"},
	{tagChange, "What was changed, and going back"},
	{tagState, "What runs, and what happens"},
	{tagService, "Reload, renew and stop"},
	{tagCache, "The cache of the workers"},
	{tagMetrics, "Statistics"},
	{tagSession, "Who asks: logging in to the pages"},
	{tagAbout, "What there is to ask"},
}

// describes is held while schemas is in use.
var describes sync.Mutex

// schemas has the types that go over the wire.
var schemas = openapi.Schemas{Known: withSets(map[reflect.Type]openapi.Schema{
	reflect.TypeFor[units.Seconds](): {"type": "number", "description": "seconds"},
	reflect.TypeFor[wire.Kind]():     {"type": "string", "enum": wire.Kinds},
	reflect.TypeFor[top.Number]():    {"type": []string{"number", "null"}},
	reflect.TypeFor[wire.Access]():   {"type": "string", "enum": wire.Accesses},
	reflect.TypeFor[wire.Login]():    {"type": "string", "enum": wire.Logins},
}), Names: map[reflect.Type]string{
	reflect.TypeFor[config.Problem]():  "Finding", // of wire.Problem, too
	reflect.TypeFor[config.Change]():   "Difference",
	reflect.TypeFor[doctor.Finding]():  "Fault",
	reflect.TypeFor[doctor.Report]():   "Examination",
	reflect.TypeFor[sampler.History](): "SampleHistory", // of units.History, too
	reflect.TypeFor[wire.Trace]():      "TraceRequest",
}}

func of[T any]() openapi.Schema { return schemas.Of(reflect.TypeFor[T]()) }

func media(contentType string, schema openapi.Schema) openapi.Media {
	return openapi.Media{Type: contentType, Schema: schema}
}

func stream(schema openapi.Schema) []openapi.Media {
	return []openapi.Media{{Type: "text/event-stream", Schema: schema, Stream: true}}
}

// plainText is a body for people.
var plainText = media("text/plain", openapi.Schema{"type": "string"})

// inAllFormats is a value in JSON, and in what else Accept may ask for.
func inAllFormats(schema openapi.Schema) []openapi.Media {
	return []openapi.Media{media("application/json", schema), media("application/yaml", schema), media("application/toml", schema)}
}

func ok(text string, content ...openapi.Media) openapi.Answer {
	return openapi.Answer{Status: http.StatusOK, Text: text, Content: content}
}

// reported is the answer of what changes something.
func reported() openapi.Answer {
	return ok("Done, or, of a dry run, what would be done.", plainText, media("application/json", of[units.Report]()))
}

// goesOn is the answer to who does not wait for a change.
func goesOn() openapi.Answer {
	return openapi.Answer{Status: http.StatusAccepted, Text: "The change goes on; with Prefer: respond-async.", Headers: []string{"Location"},
		Content: []openapi.Media{plainText, media("application/json", of[wire.Change]())}, Shared: "Accepted"}
}

// Statuses of refusals.
var (
	readsBody = []int{http.StatusRequestTimeout, http.StatusUnsupportedMediaType}
	changes   = []int{http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity}
	negotiate = []int{http.StatusNotAcceptable}
	always    = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestEntityTooLarge,
		http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable}
)

// refusals say when a request is answered with a status.
var refusals = map[int]string{
	http.StatusBadRequest:            "The request cannot be read, or the configuration is not valid.",
	http.StatusUnauthorized:          "A token is needed, or the one that was sent is none.",
	http.StatusForbidden:             "The caller has not the role, or the request comes from elsewhere: a foreign host or origin.",
	http.StatusNotFound:              "There is no such value, key or change.",
	http.StatusNotAcceptable:         "The value has no text in the format that Accept asks for.",
	http.StatusRequestTimeout:        "The body did not come in time.",
	http.StatusConflict:              "Another change waits, a test of a patch failed, or the change was canceled.",
	http.StatusPreconditionFailed:    "If-Match or If-None-Match does not hold.",
	http.StatusRequestEntityTooLarge: "The body is too large.",
	http.StatusUnsupportedMediaType:  "The type of the body is none that can be read.",
	http.StatusUnprocessableEntity:   "A component refused the configuration, or a worker the command; what ran before runs.",
	http.StatusTooManyRequests:       "Too many wrong tokens came from there.",
	http.StatusInternalServerError:   "Something else failed.",
	http.StatusServiceUnavailable:    "systemd cannot be reached, a limit is reached, or the manager ends.",
}

// refusalHeaders are headers that a refusal always has.
var refusalHeaders = map[int][]string{
	http.StatusUnauthorized:       {"WWW-Authenticate"},
	http.StatusTooManyRequests:    {"Retry-After"},
	http.StatusServiceUnavailable: {"Retry-After"},
}

func query(name, text string, schema openapi.Schema) openapi.Parameter {
	return openapi.Parameter{In: "query", Name: name, Text: text, Schema: schema}
}

func inPath(name, text string, schema openapi.Schema) openapi.Parameter {
	return openapi.Parameter{In: "path", Name: name, Text: text, Schema: schema}
}

var (
	someText = openapi.Schema{"type": "string"}
	truth    = openapi.Schema{"type": "string", "enum": []string{"", "1", "true", "yes", "0", "false", "no"}}
	number   = openapi.Schema{"type": "integer", "minimum": 1}
)

// conditions are headers that bind a request to what runs.
func conditions() []openapi.Parameter {
	return []openapi.Parameter{
		{In: "header", Name: "If-Match", Text: "ETags of the running configuration, one of which must be the one that runs (RFC 9110 13.1.1).", Schema: someText},
		{In: "header", Name: "If-None-Match", Text: "ETags, none of which may be the one that runs (RFC 9110 13.1.2).", Schema: someText},
	}
}

// termsOf are the parameters of what changes something.
func termsOf(more ...openapi.Parameter) []openapi.Parameter {
	return slices.Concat(more, []openapi.Parameter{
		query("dry-run", "The answer is what would be done, and nothing is done.", truth),
		query("confirm-within", "The change is undone after this time unless it is confirmed: 90s, 5m, 1h, at most a week.", someText),
		query("comment", "Why, for the history; at most 1000 bytes.", someText),
		{In: "header", Name: "Prefer", Text: "respond-async: answer before the change has ended; with wait=30 only if it takes longer (RFC 7240).", Schema: someText},
	}, conditions())
}

// value is a body with a value of the configuration.
func value(text string) *openapi.Body {
	return &openapi.Body{Text: text, Required: true, Content: []openapi.Media{media("application/json", nil), media("application/yaml", nil), media("application/toml", nil)}}
}

// describe makes the operations of the document from the table of routes. The error
// names a route that no one has described.
func describe(table []route) ([]openapi.Operation, error) {
	describes.Lock()
	defer describes.Unlock()
	told := descriptions()
	var operations []openapi.Operation
	for _, row := range table {
		for _, path := range describedPaths(row.path) {
			for _, method := range row.methods {
				like := method
				if method == http.MethodHead {
					like = http.MethodGet
				}
				d, known := told[like+" "+row.path]
				if !known {
					return nil, fmt.Errorf("api/describe.go does not describe %s %s", like, row.path)
				}
				operations = append(operations, d.operation(row, method, path))
			}
		}
	}
	return operations, nil
}

// describedPaths are those of a template, in which OpenAPI knows no patterns and no
// parameter that may be empty.
func describedPaths(template string) []string {
	before, after, found := strings.Cut(template, "{")
	name, pattern, rest := strings.Cut(after, ":")
	if !found || !rest {
		return []string{template}
	}
	path := strings.TrimSuffix(before, "/") + "/{" + name + "}"
	if strings.HasPrefix(pattern, "(?s:/.*)?") { // what may be absent with its slash
		return []string{before, path}
	}
	if before == profilePath {
		return []string{before, path}
	}
	return []string{path}
}

func (d *description) operation(row route, method, path string) openapi.Operation {
	o := openapi.Operation{
		Method: method, Path: path, ID: operationID(method, path), Tag: d.tag, Summary: d.summary, Text: d.text,
		Role: cmp.Or(string(row.access), openapi.NoRole), Body: d.body, Answers: slices.Clone(d.good),
	}
	for _, p := range d.parameters {
		if p.In != "path" || strings.Contains(path, "{"+p.Name+"}") {
			o.Parameters = append(o.Parameters, p)
		}
	}
	refused := slices.Concat(always, d.bad)
	slices.Sort(refused)
	for _, status := range slices.Compact(refused) {
		o.Answers = append(o.Answers, openapi.Answer{Status: status, Text: refusals[status], Headers: refusalHeaders[status], Shared: "Refused" + strconv.Itoa(status),
			Content: []openapi.Media{plainText, media(typeProblem, of[wire.Problem]())}})
	}
	return o
}

// operationID names an operation: get-v1-history-id.
func operationID(method, path string) string {
	id := strings.Map(func(c rune) rune {
		switch c {
		case '{', '}':
			return -1
		case '/', '.':
			return '-'
		}
		return c
	}, strings.ToLower(method)+path)
	return strings.TrimRight(id, "-")
}

// openAPIOf is the document of a table of routes.
func openAPIOf(table []route, version string) ([]byte, error) {
	operations, err := describe(table)
	if err != nil {
		return nil, err
	}
	d := openapi.Document{
		Title: "kresd-manager", Version: version, License: "Apache-2.0",
		Text: "Runs Knot Resolver. Served on a unix socket, where the kernel tells who calls, and over TCP, where a token or a client " +
			"certificate does; x-role is the role that an operation needs. Refusals are text unless Accept asks for JSON.",
		Operations: operations,
		Schemas:    schemas.Made, // is complete, and changes no more
		Headers: map[string]string{
			"X-Reference-Id":   "Finds the request in the log of the manager.",
			"ETag":             "Of the whole running configuration.",
			"Location":         "Where to look instead.",
			"Retry-After":      "Seconds until another try makes sense.",
			"WWW-Authenticate": "How to say who calls (RFC 6750).",
		},
		Always: []string{"X-Reference-Id"},
		Secure: map[string]any{
			"token":       map[string]string{"type": "http", "scheme": "bearer", "description": "A token of a role in /management/roles."},
			"certificate": map[string]string{"type": "mutualTLS", "description": "A client certificate that a role in /management/roles names."},
		},
		Tags: tags,
	}
	return d.JSON()
}

// Description is the description of the interface of a version, in OpenAPI 3.1. The error
// names a route that no one has described.
func Description(version string) ([]byte, error) {
	return openAPIOf((&handlers{}).routes(), version) // no route is asked
}

// configSchema is that of the whole configuration, by reference.
var configSchema = openapi.Schema{"description": "Part of a configuration; /schema describes the whole."}

// answersAtTheEnd is said of what is no change that has a number.
const answersAtTheEnd = "Answers when it is done: there is no change to wait for, and Prefer: respond-async is ignored (RFC 7240 section 2)."
