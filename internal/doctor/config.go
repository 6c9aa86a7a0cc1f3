// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"errors"
	"io/fs"
	"strings"

	"kresd-manager/internal/config"
)

// configuration looks at the file.
func (e *examination) configuration() {
	const why = "the manager does not start, and does not reload, with it"
	doc, err := config.ReadFile(e.Config)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.find("there is no configuration "+e.Config, why, `printf 'workers: auto\n' >`+e.Config)
		return
	case errors.Is(err, fs.ErrPermission):
		e.unseen(e.Config + ", without root")
		return
	case err == nil:
		_, err = doc.Config(e.Model)
	}
	if err != nil {
		text, _, _ := strings.Cut(err.Error(), "\n")
		e.find(text, why, "edit "+e.Config+" until this says nothing: kresctl validate "+e.Config)
		return
	}
	if who, ok := credential(managerUser, workerUser); ok && e.root {
		if _, err := e.runAs(who, "test", "-r", e.Config); err != nil {
			e.find("the user "+managerUser+" cannot read "+e.Config, why, "chgrp "+workerUser+" "+e.Config+"; chmod g+r "+e.Config)
		}
	}
}
