// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"errors"
	"io/fs"
	"strings"
)

// configuration looks at the file.
func (e *examination) configuration() {
	const why = "the manager does not start, and does not reload, with it"
	switch {
	case errors.Is(e.fault, fs.ErrNotExist):
		e.find("there is no configuration "+e.Config, why, `printf 'workers: auto\n' >`+e.Config)
		return
	case errors.Is(e.fault, fs.ErrPermission):
		e.unseen(e.Config + ", without root")
		return
	case e.fault != nil:
		text, _, _ := strings.Cut(e.fault.Error(), "\n")
		e.find(text, why, "edit "+e.Config+" until this says nothing: kresctl validate "+e.Config)
		return
	}
	if who, ok := e.manager(); ok && e.root {
		if _, err := e.runAs(who, "test", "-r", e.Config); err != nil {
			e.find("the user "+managerUser+" cannot read "+e.Config, why, "chgrp "+workerUser+" "+e.Config+"; chmod g+r "+e.Config)
		}
	}
}
