package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/go-open311/open311/servers"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// The scripts ask the program itself, so that they never have to be written anew: what is behind "complete" is the
// command line so far, the word in hand last.
var completions = map[string]string{
	"bash": `# source <(open311 completion bash)
_open311() {
	local IFS=$'\n' line=("${COMP_WORDS[@]:1:COMP_CWORD}") cur=${COMP_WORDS[COMP_CWORD]}
	[[ $cur == = ]] && cur=
	COMPREPLY=($(open311 complete -- "${line[@]}"))
	if [[ ${#COMPREPLY[@]} -eq 0 ]]; then COMPREPLY=($(compgen -f -- "$cur")); fi
}
complete -o nosort -F _open311 open311
`,
	"zsh": `#compdef open311
# source <(open311 completion zsh)
_open311() {
	local -a found
	found=(${(f)"$(open311 complete -- "${(@)words[2,CURRENT]}")"})
	if (( $#found )); then compadd -Q -a found; else _files; fi
}
compdef _open311 open311
`,
	"fish": `# open311 completion fish | source
complete -c open311 -f -a '(open311 complete -- (commandline -opc)[2..-1] (commandline -ct))'
complete -c open311 -n 'test -z "$(open311 complete -- (commandline -opc)[2..-1] (commandline -ct))"' -F
`,
}

func (c *completionCmd) Run(to streams) error {
	_, err := io.WriteString(to.out, completions[c.Shell])
	return err
}

type completeCmd struct {
	Words []string `arg:"" optional:"" passthrough:""`
}

func (c *completeCmd) Run(k *kong.Kong, to streams) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	for _, word := range candidatesFor(k.Model.Node, words) {
		if _, err := fmt.Fprintln(to.out, word); err != nil {
			return err
		}
	}
	return nil
}

// candidatesFor lists what the last word can become: a command, a flag, or a value of the flag before it. Nothing
// stands for a file, or for what nobody can know.
func candidatesFor(node *kong.Node, words []string) (list []string) {
	words = join(words)
	if len(words) == 0 {
		words = []string{""}
	}
	last := words[len(words)-1]
	var before string
	for _, word := range words[:len(words)-1] {
		if i := slices.IndexFunc(node.Children, func(n *kong.Node) bool { return n.Name == word }); i >= 0 {
			node = node.Children[i]
		}
		before = word
	}
	add := func(prefix string, words ...string) {
		for _, w := range words {
			if strings.HasPrefix(prefix+w, last) && w != "" {
				list = append(list, prefix+w)
			}
		}
	}
	if flag, value, ok := strings.Cut(last, "="); ok && strings.HasPrefix(flag, "-") {
		last = value // shells complete behind the sign
		add("", valuesOf(node, flag)...)
		return list
	}
	if strings.HasPrefix(before, "-") && !strings.Contains(before, "=") && takesValue(node, before) {
		add("", valuesOf(node, before)...)
		return list
	}
	if strings.HasPrefix(last, "-") {
		for _, f := range flagsOf(node) {
			add("--", f.Name)
			if !strings.HasPrefix(last, "--") {
				add("-", f.Name)
			}
		}
		return list
	}
	for _, child := range node.Children {
		if !child.Hidden {
			add("", child.Name)
		}
	}
	for _, p := range node.Positional {
		add("", p.EnumSlice()...)
	}
	return list
}

// join puts words together again that bash takes apart at =.
func join(words []string) (out []string) {
	for i := 0; i < len(words); i++ {
		if words[i] == "=" && len(out) > 0 {
			out[len(out)-1] += "="
			if i++; i < len(words) {
				out[len(out)-1] += words[i]
			}
			continue
		}
		out = append(out, words[i])
	}
	return out
}

func flagsOf(node *kong.Node) (list []*kong.Flag) {
	for _, group := range node.AllFlags(true) {
		list = append(list, group...)
	}
	return list
}

func flagOf(node *kong.Node, word string) *kong.Flag {
	name := strings.TrimLeft(word, "-")
	for _, f := range flagsOf(node) {
		if f.Name == name || string(f.Short) == name {
			return f
		}
	}
	return nil
}

func takesValue(node *kong.Node, word string) bool {
	f := flagOf(node, word)
	return f != nil && !f.IsBool()
}

func valuesOf(node *kong.Node, word string) (list []string) {
	f := flagOf(node, word)
	switch {
	case f == nil:
		return nil
	case f.Name == "city":
		for row := range servers.All() {
			list = append(list, row.Key)
		}
		return append(list, madeUp)
	case f.Name == "dialect":
		return dialectNames()
	case f.Name == "kinds":
		return []string{"created", "updated", "closed", "reopened", "gone"}
	case f.Name == "status":
		return []string{"open", "closed"}
	case f.Name == "format" && f.Enum == "":
		return copyFormats
	case f.Enum != "":
		return f.EnumSlice()
	}
	return nil
}
