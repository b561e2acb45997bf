// Package envdoc documents FUALab's environment variables from the structs
// that read them: the table in ops/settings.md and the file .env.example.
package envdoc

import (
	"reflect"
	"slices"
	"strings"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/ops/internal/caddy"
	"github.com/fualab/fualab/ops/internal/compose"
	"github.com/fualab/fualab/ops/internal/localconfig"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/worker"
)

// programs are the readers of variables, in the order of the documentation.
var programs = []struct {
	name string
	cfg  reflect.Type
}{
	{"api", reflect.TypeFor[api.Config]()},
	{"worker", reflect.TypeFor[worker.Config]()},
	{local, reflect.TypeFor[localconfig.Config]()},
	{"frontend", reflect.TypeFor[caddy.Config]()},
	{"compose", reflect.TypeFor[compose.Config]()},
}

// local is the local runner. It passes all variables on to the services, so it
// is listed only where it differs from them.
const local = "local"

// Variable is one variable as all programs together declare it.
type Variable struct {
	Name     string
	Doc      string    // meaning and unit
	Sample   string    // an example, if there is no default
	Defaults []Default // the behaviour without the variable
	Readers  []string  // the programs; local only where no service is one
}

// Default is the behaviour of some programs when a variable is not set.
type Default struct {
	Value    string // "" if Note describes it
	Note     string // such as "required"
	Programs []string
}

// Variables returns every variable of the platform, once each, in the order
// in which the programs declare them.
func Variables() []Variable {
	var all []Variable
	for _, p := range programs {
		tags := tagsOf(p.cfg)
		for _, v := range config.Variables(p.cfg) {
			tag, reads := tags[v.Name]
			if !reads {
				continue
			}
			i := slices.IndexFunc(all, func(a Variable) bool { return a.Name == v.Name })
			if i < 0 {
				all = append(all, Variable{Name: v.Name, Doc: v.Doc, Sample: v.Sample})
				i = len(all) - 1
			}
			if p.name != local || len(all[i].Readers) == 0 {
				all[i].Readers = append(all[i].Readers, p.name)
			}
			all[i].addDefault(p.name, v.Default, note(tag, v.Default))
		}
	}
	return all
}

func (v *Variable) addDefault(program, value, note string) {
	for i := range v.Defaults {
		if v.Defaults[i].Value == value && v.Defaults[i].Note == note {
			v.Defaults[i].Programs = append(v.Defaults[i].Programs, program)
			return
		}
	}
	v.Defaults = append(v.Defaults, Default{value, note, []string{program}})
}

// note describes the behaviour without a default value.
func note(tag reflect.StructTag, value string) string {
	switch unset := tag.Get("unset"); {
	case unset != "":
		return unset
	case strings.HasSuffix(tag.Get("env"), ",required"):
		return "required"
	case value == "":
		return "none"
	default:
		return ""
	}
}

// tagsOf returns the tags of the fields of t that the environment sets, by
// variable, including those of embedded structs.
func tagsOf(t reflect.Type) map[string]reflect.StructTag {
	tags := make(map[string]reflect.StructTag)
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
		if name != "" && name != "-" {
			tags[config.Prefix+name] = f.Tag
		}
	}
	return tags
}
