// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {CommonBase} from "forge-std/Base.sol";

/// @title JsonConfig
/// @notice Reads a JSON config strictly: every key that is expected, none that is not, every value of its
/// type. A refusal names the field.
abstract contract JsonConfig is CommonBase {
    /// @dev Always reverts.
    function _refuse(string memory field, string memory problem) internal pure {
        revert(string.concat("deploy config: ", field, ": ", problem));
    }

    function _require(bool condition, string memory field, string memory problem) internal pure {
        if (!condition) _refuse(field, problem);
    }

    function _inRange(string memory field, uint256 value, uint256 min, uint256 max) internal pure {
        if (value >= min && value <= max) return;
        _refuse(
            field,
            string.concat(vm.toString(value), " is not within ", vm.toString(min), " to ", vm.toString(max))
        );
    }

    /// @dev `required` and `optional`: names separated by commas. An empty `field` is the whole document.
    function _expectKeys(
        string memory json,
        string memory field,
        string memory required,
        string memory optional
    ) internal pure {
        string[] memory found;
        try vm.parseJsonKeys(json, bytes(field).length == 0 ? "$" : string.concat(".", field)) returns (
            string[] memory keys
        ) {
            found = keys;
        } catch {
            _refuse(bytes(field).length == 0 ? "the file" : field, "is not a JSON object");
        }
        string memory prefix = bytes(field).length == 0 ? "" : string.concat(field, ".");
        string[] memory names = vm.split(required, ",");
        for (uint256 i = 0; i < names.length; ++i) {
            _require(_contains(found, names[i]), string.concat(prefix, names[i]), "is missing");
        }
        string[] memory allowed = vm.split(optional, ",");
        for (uint256 i = 0; i < found.length; ++i) {
            bool known = _contains(names, found[i]) || _contains(allowed, found[i]);
            _require(known, string.concat(prefix, found[i]), "is not a known field");
        }
    }

    function _exists(string memory json, string memory field) internal view returns (bool) {
        return vm.keyExistsJson(json, string.concat(".", field));
    }

    /// @dev A JSON number, or a decimal string for what a JSON number cannot hold exactly.
    function _uint(string memory json, string memory field) internal pure returns (uint256) {
        try vm.parseJsonUint(json, string.concat(".", field)) returns (uint256 value) {
            return value;
        } catch {
            _refuse(field, "is not a whole number (give large ones as decimal strings)");
        }
    }

    function _bool(string memory json, string memory field) internal pure returns (bool) {
        try vm.parseJsonBool(json, string.concat(".", field)) returns (bool value) {
            return value;
        } catch {
            _refuse(field, "is neither true nor false");
        }
    }

    function _string(string memory json, string memory field) internal pure returns (string memory) {
        try vm.parseJsonString(json, string.concat(".", field)) returns (string memory value) {
            return value;
        } catch {
            _refuse(field, "is not a string");
        }
    }

    function _bytes32(string memory json, string memory field) internal pure returns (bytes32) {
        try vm.parseJsonBytes32(json, string.concat(".", field)) returns (bytes32 value) {
            return value;
        } catch {
            _refuse(field, "is not 32 bytes of hexadecimal digits");
        }
    }

    function _bytes32Array(string memory json, string memory field) internal pure returns (bytes32[] memory) {
        try vm.parseJsonBytes32Array(json, string.concat(".", field)) returns (bytes32[] memory values) {
            return values;
        } catch {
            _refuse(field, "is not a list of words of 32 bytes each");
        }
    }

    /// @dev Never the zero address: every address in a config is somebody or something.
    function _address(string memory json, string memory field) internal pure returns (address) {
        try vm.parseJsonAddress(json, string.concat(".", field)) returns (address value) {
            _require(value != address(0), field, "is the zero address");
            return value;
        } catch {
            _refuse(field, "is not an address");
        }
    }

    function _addresses(string memory json, string memory field) internal pure returns (address[] memory) {
        try vm.parseJsonAddressArray(json, string.concat(".", field)) returns (address[] memory values) {
            for (uint256 i = 0; i < values.length; ++i) {
                _require(values[i] != address(0), _item(field, i), "is the zero address");
                for (uint256 j = 0; j < i; ++j) {
                    _require(values[i] != values[j], _item(field, i), "is there twice");
                }
            }
            return values;
        } catch {
            _refuse(field, "is not a list of addresses");
        }
    }

    function _item(string memory field, uint256 index) internal pure returns (string memory) {
        return string.concat(field, "[", vm.toString(index), "]");
    }

    /// @dev How many entries the list at `field` has.
    function _count(string memory json, string memory field) internal view returns (uint256 count) {
        while (_exists(json, _item(field, count))) {
            ++count;
        }
    }

    function _same(string memory a, string memory b) internal pure returns (bool) {
        return keccak256(bytes(a)) == keccak256(bytes(b));
    }

    function _contains(string[] memory list, string memory name) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (_same(list[i], name)) return true;
        }
        return false;
    }
}
