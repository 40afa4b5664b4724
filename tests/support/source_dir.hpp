// The folder of the sources, where fixtures/ lies. One small object knows it: every other test object is the same in every
// checkout, and ccache finds it there.
#pragma once

namespace binferry {

const char* source_dir();

}  // namespace binferry
