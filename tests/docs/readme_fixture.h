// The program of README.md, whose main() lies in a namespace here.
#pragma once

namespace readme {
int main(int argc, char** argv);
}
