// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"
)

// router dispatches by path and method.
func (h *handlers) router(table []route) serve {
	// A cleaned path is another pointer: an empty token, "." and ".." are
	// ordinary keys.
	m := mux.NewRouter().SkipClean(true)
	byPath := map[string]map[string]*route{}
	for i := range table {
		row := &table[i]
		methods, known := byPath[row.path]
		if !known {
			methods = map[string]*route{}
			byPath[row.path] = methods
			m.HandleFunc(row.path, func(w http.ResponseWriter, r *http.Request) {
				h.dispatch(methods, w.(*response), r)
			})
		}
		for _, method := range row.methods {
			methods[method] = row
		}
	}
	m.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.fail(w.(*response), r, noSuchRoute(r.URL.Path))
	})
	return func(w *response, r *http.Request) { m.ServeHTTP(w, r) }
}

func (h *handlers) dispatch(methods map[string]*route, w *response, r *http.Request) {
	row, ok := methods[r.Method]
	if !ok {
		var allow []string
		for method := range methods {
			allow = append(allow, method)
		}
		slices.Sort(allow)
		w.Header().Set("Allow", strings.Join(allow, ", "))
		h.fail(w, r, wrongMethod(r.Method, r.URL.Path, allow))
		return
	}
	w.route = row
	err := h.admit(w, r, row.access)
	if err == nil {
		err = row.act(w, r)
	}
	if err != nil {
		h.fail(w, r, err)
	}
	h.audit(w, r, row.access)
}

// variable is the part of the path that stands for {name} in the template of the
// route, "" if there is none.
func variable(r *http.Request, name string) string { return mux.Vars(r)[name] }
