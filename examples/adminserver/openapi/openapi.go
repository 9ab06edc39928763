// Package openapi has the description of the HTTP APIs, in OpenAPI 3.1, for
// clients and for the tests that hold the handlers to it.
package openapi

import _ "embed"

// Document is the description, in YAML. Nobody must write to it.
//
//go:embed openapi.yaml
var Document []byte
