#include "state/stores.h"

namespace leat {

LEAT_USUAL_STORES()

}  // namespace leat
