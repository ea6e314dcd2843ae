import { gzip } from '../../../lib/index.ts'
import { testProduct } from './product.ts'

testProduct('as gzip', gzip)
