#include "certes/installation.hpp"

#include <unistd.h>

#include "certes/commands/console.hpp"
#include "certes/private_file.hpp"
#include "gateway/api/bootstrap.hpp"

namespace certes {

}  // namespace certes
