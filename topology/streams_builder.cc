#include "topology/streams_builder.h"

namespace leat::detail {

LEAT_USUAL_ENDS()

}  // namespace leat::detail
