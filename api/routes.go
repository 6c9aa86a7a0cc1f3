// SPDX-License-Identifier: Apache-2.0

package api

import "net/http"

// action does what a route is for. A returned error becomes the answer, by
// the one function that maps errors; an action that answers returns nil.
type action func(*response, *http.Request) error

// route is one line of the table.
type route struct {
	path    string // template of gorilla/mux, matched with the decoded path
	methods []string
	access  access
	act     action
}

const configPath = "/v1/config"

// routes is the table of everything that can be asked. Rows may share a path.
//
// The pointer is whatever follows /v1/config: nothing, or something that
// starts with a slash. net/url has decoded it exactly once, which is what
// RFC 6901 section 6 prescribes for a pointer in a URI: %2F is a slash and
// separates tokens, a slash inside a token is ~1.
func (h *handlers) routes() []route {
	get := []string{http.MethodGet, http.MethodHead}
	post := []string{http.MethodPost}
	const pointer = configPath + "{pointer:(?s:/.*)?}"
	return []route{
		{explainPath + "{pointer:(?s:/.*)?}", get, read, h.explain},
		{pointer, get, read, h.getConfig},
		{pointer, []string{http.MethodPut}, configure, h.putConfig},
		{pointer, []string{http.MethodPatch}, configure, h.patchConfig},
		{pointer, []string{http.MethodDelete}, configure, h.deleteConfig},

		{"/", get, read, h.root},
		{"/v1/status", get, read, h.status},
		{"/v1/plan", get, read, h.plan},
		{"/v1/events", get, read, h.events},
		{"/v1/units", get, read, h.units},
		{"/v1/logs", get, read, h.readLogs},
		{"/v1/history", get, read, h.history},
		{"/v1/history/{id}", get, read, h.historyEntry},
		{"/v1/history/{id}/diff", get, read, h.compareEntries},
		{"/v1/doctor", get, read, h.doctor},
		{"/v1/files", get, configure, h.files},
		{"/v1/rollback", post, configure, h.rollback},
		{"/v1/rollback/{id}", post, configure, h.rollback},
		{"/v1/confirm", post, configure, h.confirm},
		{"/v1/restart", post, operate, h.restart},
		{"/v1/trace", post, operate, h.traceRequest},
		{"/v1/cache", get, read, h.cacheStatistics},
		{"/v1/version", get, read, h.versions},
		{"/v1/upstreams", get, read, h.upstreams},
		{"/v1/cancel", post, operate, h.cancel},
		{"/v1/cancel/{id}", post, operate, h.cancel},
		{changesPath, get, read, h.listChanges},
		{changesPath + "/{id}", get, read, h.getChange},
		{"/schema", get, read, h.schema},
		{"/schema/ui", get, read, h.schemaPage},
		{"/api", get, read, h.apiPage},
		{"/openapi.json", get, read, h.openAPI},
		{"/v1/openapi.json", get, read, h.openAPI},
		{"/processes", get, read, h.processes},
		{"/processes/{kind:(?s:.*)}", get, read, h.processes},
		{"/v1/metrics/stream", get, read, h.streamMetrics},
		{"/metrics", get, read, h.metrics},
		{"/metrics/json", get, read, h.metricsJSON},
		{"/metrics/prometheus", get, read, h.metricsPrometheus},

		{"/reload", post, operate, h.reload(false)},
		{"/reload/force", post, operate, h.reload(true)},
		{"/renew", post, operate, h.renew(false)},
		{"/renew/force", post, operate, h.renew(true)},
		{"/cache/clear", post, operate, h.clearCache},
		{"/stop", post, operate, h.stop},

		{violationPath, post, nothing, h.violation},
		{sessionPath, get, nothing, h.getSession},
		{sessionPath, post, nothing, h.logIn},
		{sessionPath, []string{http.MethodDelete}, nothing, h.logOut},
		{sessionPath + "/link", post, read, h.linkSession},
		{pagesPath, get, nothing, h.pages},
		{pagesPath + "/{file:(?s:.*)}", get, nothing, h.pageFile},

		{profilePath + "{profile:.*}", get, configure, h.profile},
	}
}
