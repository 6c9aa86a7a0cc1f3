// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"sync"

	"kresd-manager/internal/config"
)

// schemaText is made when it is first asked for.
var schemaText = sync.OnceValue(config.Schema)

// schema is the JSON schema of the configuration.
func (h *handlers) schema(w *response, _ *http.Request) error {
	w.send(http.StatusOK, typeJSON, schemaText())
	return nil
}
