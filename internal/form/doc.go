// Package form makes the bodies of POSTs: forms, multipart forms, JSON and XML, with files in them as they
// are or as base64. It knows texts under names, and not what they mean.
//
// Its files form floors, each of which uses the ones before it: file.go and base64.go, payload.go,
// attributes.go, form.go, and above them a file for each kind of body.
package form
